from hypothesis import given
from hypothesis import strategies as st

from extract.candidates import Candidate
from extract.clauses import Clause
from extract.events import Choice, Event
from extract.proposals import Key, Proposal
from extract.records import Action
from extract.rivals import standing

Scored = tuple[Proposal, float]


def scored(
    chance: float,
    surface: str = "live",
    action: Action = Action.BLOCK,
    *,
    clause: int = 0,
    rank: int = 0,
    target: str = "taobao",
    loc: int = 9,
    platform: str = "douyin",
    host: int = 0,
    group: int = 0,
) -> Scored:
    """A proposal with its probability; ranks of surface (`rank`), platform (`host`) and target (`group`)."""
    place = Clause(clause, 0, 9, 0, 0, None, None, (), (), (), (), (0.0, 0.0, 0.0))
    event = Event(place, action, 0.9, {})

    def choice(value: str, at: int) -> Choice:
        return Choice(Candidate(value, None, loc, (), ()), 0.5, at)

    choices = (choice(platform, host), choice(surface, rank), choice(target, group))
    return Proposal(Key(platform, surface, target, action), event, choices, ()), chance


def test_the_less_likely_of_two_places_is_left_out() -> None:
    live, comments = scored(0.6, "live", rank=0), scored(0.2, "comments", rank=1)
    assert standing([comments, live]) == [live]


def test_places_of_one_coordination_and_places_almost_as_likely_stand() -> None:
    listed = [scored(0.6, "live", rank=0), scored(0.2, "short_video", rank=0)]
    close = [scored(0.6, "live", rank=0), scored(0.5, "comments", rank=1)]
    assert standing(listed) == listed
    assert standing(close) == close


def test_a_clause_does_not_block_and_allow_the_same_link() -> None:
    block, allow = scored(0.4), scored(0.5, action=Action.ALLOW)
    assert standing([block, allow]) == [allow]
    assert standing([block, scored(0.5, action=Action.RESTRICT)])[0] == block


def test_other_clauses_and_other_targets_are_no_rivals() -> None:
    found = [
        scored(0.6, "live"),
        scored(0.2, "comments", rank=1, clause=1),
        scored(0.2, "comments", rank=1, target="jd"),
        scored(0.3, action=Action.ALLOW, clause=2),
    ]
    assert standing(found) == found


chances = st.floats(0.01, 0.99)
proposals = st.builds(
    scored,
    chances,
    st.sampled_from(["live", "comments", "all"]),
    st.sampled_from(Action),
    clause=st.integers(0, 1),
    rank=st.integers(0, 2),
)


@given(st.lists(proposals, max_size=12, unique_by=lambda s: s[0].key))
def test_the_likeliest_always_stands_and_order_is_kept(found: list[Scored]) -> None:
    kept = standing(found)
    assert [s for s in found if s in kept] == kept
    if found:
        assert max(chance for _, chance in found) in {chance for _, chance in kept}


def test_a_place_named_in_the_clause_excludes_one_carried_over() -> None:
    here, carried = scored(0.4, "live", loc=0), scored(0.6, "short_video", loc=6)
    assert standing([here, carried]) == [here]


def test_a_much_likelier_place_from_elsewhere_stands() -> None:
    here, carried = scored(0.2, "live", rank=1, loc=0), scored(0.6, "short_video", loc=6)
    assert standing([here, carried]) == [carried]


def test_of_two_actions_on_one_link_the_much_less_likely_goes() -> None:
    allow, restrict = scored(0.8, action=Action.ALLOW), scored(0.3, action=Action.RESTRICT)
    assert standing([allow, restrict]) == [allow]
    almost = scored(0.7, action=Action.RESTRICT)
    assert standing([allow, almost]) == [allow, almost]


def test_a_statement_speaks_of_one_platform_or_of_a_list() -> None:
    rival = scored(0.4, platform="kuaishou", host=1)
    listed, close = scored(0.4, platform="kuaishou"), scored(0.7, platform="kuaishou", host=1)
    assert standing([scored(0.9), rival]) == [scored(0.9)]
    assert standing([scored(0.9), listed]) == [scored(0.9), listed]
    assert standing([scored(0.9), close]) == [scored(0.9), close]


def test_a_statement_speaks_of_one_target_or_of_a_list() -> None:
    rival, listed = scored(0.3, target="etsy", group=1), scored(0.3, target="etsy")
    near = scored(0.4, target="etsy", group=1)
    assert standing([scored(0.9), rival]) == [scored(0.9)]
    assert standing([scored(0.9), near]) == [scored(0.9), near]
    assert standing([scored(0.9), listed]) == [scored(0.9), listed]
