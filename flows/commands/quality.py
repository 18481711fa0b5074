"""Commands that look into the extractor: evaluate, dates, explain and train."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.options import AsJson, Language, Paths, Published, day, language
from flows.console import say, show, to_json
from flows.documents import Given, opened, parse_object, read_paths, script_of
from flows.errors import InputError
from flows.journal import write_whole

if TYPE_CHECKING:
    from extract.dates import DateMention
    from extract.evaluate import Error
    from extract.explain import Explanation
    from extract.records import Lang
    from extract.train import Tutor

_SCORES = ("group", "documents", "level", "precision", "recall", "f1", "right", "spurious", "missed")
_ERRORS = ("document", "error", "fact", "wrong", "confidence", "rules", "evidence")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(evaluate)
    app.command()(dates)
    app.command()(explain)
    app.command()(train)


def evaluate(
    gold: Annotated[list[Path], typer.Argument(metavar="GOLD.jsonl...", help="Annotated documents.")],
    errors: Annotated[bool, typer.Option("--errors", help="List misses and spurious facts too.")] = False,
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Only the part that the shipped weights have not seen.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Score the extractor against annotated documents, by level, language and kind."""
    from extract.evaluate import evaluate as score
    from extract.evaluate import grouped, total
    from extract.gold import Part, part_of, read_gold
    from extract.pipeline import extract_facts

    annotated = [item for path in gold for item in read_gold(_existing(path))]
    if sealed:
        annotated = [item for item in annotated if part_of(item.document.id) is Part.SEALED]
    if not annotated:
        raise InputError(f"{gold[0]}: holds no document")
    scores = score(annotated, extract_facts)
    rows = [
        {
            "group": name,
            "documents": len(members),
            "level": level,
            "precision": round(tally.precision, 3),
            "recall": round(tally.recall, 3),
            "f1": round(tally.f1, 3),
            "right": tally.right,
            "spurious": tally.spurious,
            "missed": tally.missed,
        }
        for name, members in grouped(annotated, scores).items()
        for level, tally in total(members).items()
    ]
    found = [_error_row(error) for item in scores for error in item.errors] if errors else []
    if as_json:
        say(
            json.dumps({"scores": rows} | ({"errors": found} if errors else {}), ensure_ascii=False, indent=1)
        )
        return
    show(rows, _SCORES, title="Scores", as_json=False, empty="")
    if errors:
        say("")
        show(found, _ERRORS, title="Errors", as_json=False, empty="no errors")


def _error_row(error: Error) -> dict[str, Any]:
    return {
        "document": error.document_id,
        "error": error.sort,
        "fact": " ".join(error.key),
        "wrong": list(error.wrong),
        "confidence": None if error.confidence is None else round(error.confidence, 3),
        "rules": list(error.rules),
        "evidence": error.evidence,
    }


def explain(
    paths: Paths,
    published: Published = None,
    lang: Language = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="DIR", help="Write a displaCy page a document there too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show which cues, slots and scores made or stopped each statement of a document."""
    from extract.explain import explain as explain_one
    from extract.explain import page

    if html is not None:
        html.mkdir(parents=True, exist_ok=True)
    given = Given(day(published, "--published"), language(lang))
    for number, document in enumerate(read_paths(paths, given), start=1):
        found = explain_one(document)
        say(to_json(asdict(found)) if as_json else _explanation(found))
        if html is not None:
            (html / f"{number:04d}.html").write_text(page(document), encoding="utf-8")


def train(
    gold: Annotated[list[Path], typer.Argument(metavar="GOLD.jsonl...", help="Annotated documents.")],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the weights of each language are written.")
    ] = Path("models"),
    corrector: Annotated[
        bool, typer.Option("--corrector", help="Train the second readers too: hours, extra `corrector`.")
    ] = False,
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Train on the sealed part too: it measures nothing any more.")
    ] = False,
) -> None:
    """Fit the scorer's weights to annotated documents; takes minutes and needs the extra `train`."""
    tutors: dict[str, Tutor] = {}
    try:
        if corrector:
            from extract.bases import read_bases
            from extract.fit_corrector import tutor

            tutors = {name: tutor(base, say) for name, base in read_bases().items()}
        from extract.scorer import corrector_path, scorer_path
        from extract.train import read_training
        from extract.train import train as fit
        from extract.weights import digest_of, to_bytes
    except ModuleNotFoundError as error:
        extra = "corrector" if corrector else "train"
        raise InputError(f"train: {error.name} is missing; install the extra: linkpolicy[{extra}]") from None
    annotated = read_training([_existing(path) for path in gold], sealed=sealed)
    if not annotated:
        raise InputError(f"{gold[0]}: holds no document")
    contents: dict[Path, str | bytes] = {}
    for lang, models in fit(annotated, say, tutors).items():
        digests = {}
        for name, one in models.correctors.items():
            content = to_bytes(one)
            contents[corrector_path(out, name)] = content
            digests[name] = digest_of(content)
        contents[scorer_path(out, lang)] = json.dumps(models.to_json(digests), separators=(",", ":")) + "\n"
    for path, whole in contents.items():
        write_whole(path, whole)
    written = ", ".join(map(str, contents))
    say(f"Written: {written}; in use once they replace what stands in the package's extract/models")


def _explanation(found: Explanation) -> str:
    """Return an explanation as indented lines."""
    if not found.passed_gate:
        return f"{found.document_id}: dropped by the gate, no word in it speaks of links"
    silent = "" if found.states >= found.sureness else f" (needs {found.sureness:.3f}: no facts)"
    head = f"{found.document_id}: states a policy {found.states:.3f}{silent}; "
    alone = f", or the likeliest {found.alone:.2f} if none has that" if found.alone < found.threshold else ""
    lines = [f"{head}{len(found.statements)} likely statements; facts need {found.threshold:.2f}{alone}"]
    for statement in found.statements:
        lines.append(f"  {statement.action} {statement.probability:.2f}: {' '.join(statement.text.split())}")
        lines += [f"    cue {rule}: {text!r} ({action})" for rule, text, action in statement.cues]
        for slot, ranked in statement.slots.items():
            values = ", ".join(f"{item.value} {item.probability:.2f} ({item.rule})" for item in ranked[:4])
            lines.append(f"    {slot}: {values or 'nothing found'}")
        for verdict in statement.verdicts:
            mark = "fact" if verdict.fact else "no fact"
            lines.append(f"    {mark} {verdict.probability:.2f}: {' '.join(verdict.key.core)}")
    return "\n".join(lines)


def _existing(path: Path) -> Path:
    with opened(path):
        return path


def dates(
    path: Annotated[
        Path, typer.Argument(help="JSON lines of text, reference (ISO day or null) and lang; - is stdin.")
    ],
) -> None:
    """Print the dates that texts name, one JSON line a text, resolved against each text's reference day."""
    if str(path) == "-":
        _print_dates(sys.stdin.buffer, "stdin")
    else:
        with opened(path) as file:
            _print_dates(file, str(path))


def _print_dates(lines: Any, name: str) -> None:
    from extract.dates import read_dates

    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        where = f"{name}:{number}"
        text, reference, lang = _question(parse_object(line, where), where)
        mentions = [mention_record(mention) for mention in read_dates(text, reference, lang)[1]]
        sys.stdout.write(json.dumps({"mentions": mentions}, ensure_ascii=False) + "\n")


def _question(record: dict[str, Any], where: str) -> tuple[str, date | None, Lang]:
    from extract.records import Lang

    text, reference, lang = record.get("text"), record.get("reference"), record.get("lang")
    if not isinstance(text, str):
        raise InputError(f"{where}: text: must be a string")
    try:
        day = None if reference is None else date.fromisoformat(reference[:10])
    except (TypeError, ValueError):
        raise InputError(f"{where}: reference: must be an ISO date or null, not {reference!r}") from None
    try:
        return text, day, script_of(text) if lang is None else Lang(lang)
    except ValueError:
        raise InputError(f"{where}: lang: must be {' or '.join(Lang)}, not {lang!r}") from None


def mention_record(mention: DateMention) -> dict[str, Any]:
    """Return a mention as plain values; dates are as precise as the text, None where it names no real day."""
    return {
        "start": mention.start,
        "end": mention.end,
        "text": mention.text,
        "from": str(mention.value) if mention.value else None,
        "to": str(mention.until) if mention.until else None,
        "precision": mention.value.precision.value if mention.value else None,
    }
