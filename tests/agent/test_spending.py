"""Tokens and money of language models are counted as servers state them, and no question is sent that could exceed the budget."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llm_kit import KEY, KINDS, Answer, FakeTime, Server, chat, fails, says, served
from producertwin.agent.album import AlbumPlan
from producertwin.agent.budget import Budget, Cost, read_budget
from producertwin.agent.commission import Commission
from producertwin.agent.heuristics import load_heuristics
from producertwin.agent.model_words import plan_with
from producertwin.agent.rules import plan_album
from producertwin.agent.session import open_session
from producertwin.agent.spending import Spending, open_spending
from producertwin.agent.terms import describe_budget, read_terms
from producertwin.errors import BadInput, BudgetExceeded
from producertwin.llm import Kind, Llm, NoAnswer, Pauses, Question, connect
from producertwin.model.instrument import Card
from producertwin.recipe import Record
from producertwin.settings import Settings, from_environment
from producertwin.verbs.studio import Studio

QUESTION = Question("what?")


class Said(Record):
    """An answer."""

    word: str


GOOD = json.dumps({"word": "x"})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served() as found:
        yield found


def usage(kind: Kind, stated: Any, text: str | None = GOOD, **more: Any) -> Answer:
    """An answer that states `stated` of what it took."""
    body = json.loads(says(kind, text, **more).body)
    name = "usage" if kind == "openai" else "usageMetadata"
    body.pop(name, None)
    return Answer(json.dumps(body | ({} if stated is None else {name: stated})).encode())


def state(kind: Kind, asked: Any, answered: Any) -> dict[str, Any]:
    names = ("prompt_tokens", "completion_tokens") if kind == "openai" else ("promptTokenCount", "candidatesTokenCount")
    return dict(zip(names, (asked, answered), strict=True))


def ask(server: Server, kind: Kind, spending: Spending, **changes: Any) -> Said:
    time = FakeTime()
    plain = chat(server, kind)._llm
    llm = Llm.model_validate(plain.model_dump() | changes)
    keys = {"OPENAI_API_KEY": KEY, "GEMINI_API_KEY": KEY}
    settings = Settings.model_validate({"studio": "studio"})
    return connect(llm, settings, keys, pauses=Pauses(time.now, time.sleep), meter=spending).ask(QUESTION, Said)


def free(**limits: Any) -> Spending:
    return Spending(Budget.model_validate(limits), Cost(), (2.0, 10.0))


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_server_states_is_counted(server: Server, kind: Kind) -> None:
    server.script = [usage(kind, state(kind, 100, 20))]
    spending = free()
    assert ask(server, kind, spending).word == "x"
    assert spending.cost.tokens == 120 and spending.cost.money == pytest.approx(100 * 2e-6 + 20 * 10e-6)
    assert spending.words == ("120 tokens, 0.0004",) and not spending.estimated
    if kind == "gemini":
        server.script = [usage(kind, state(kind, 100, 20) | {"thoughtsTokenCount": 5})]
        ask(server, kind, spending)
        assert spending.cost.tokens == 245


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "stated",
    [None, {}, [], "many", (0, 0), (-5, 20), (100, -20), (10**12, 20), (100, 10**12), ("100", 20), (1e2, 20), (True, True)],
)  # fmt: skip
def test_what_no_server_can_have_counted_is_estimated(server: Server, kind: Kind, stated: Any) -> None:
    server.script = [usage(kind, state(kind, *stated) if isinstance(stated, tuple) else stated)]
    spending = free()
    ask(server, kind, spending)
    assert spending.estimated and len(GOOD) < spending.cost.tokens < 2_000 and spending.words[0].startswith("at most ")
    assert "estimated" in spending.words[0]


@pytest.mark.parametrize("kind", KINDS)
def test_answers_that_cannot_be_used_cost_too(server: Server, kind: Kind) -> None:
    for answer, most in (
        (usage(kind, state(kind, 70, 7), "no json"), 77),
        (usage(kind, state(kind, 70, 7), "{", ending="length" if kind == "openai" else "MAX_TOKENS"), 77),
        (Answer(b"<html>"), 4_096),
        (fails(401), 0),
        (fails(404), 0),
    ):
        server.script, spending = [answer], free()
        with pytest.raises(NoAnswer):
            ask(server, kind, spending)
        assert spending.cost.tokens == most if most != 4_096 else spending.cost.tokens > most


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_that_could_exceed_the_budget_is_not_sent(server: Server, kind: Kind) -> None:
    server.script = [usage(kind, state(kind, 100, 20))]
    for limits in ({"tokens": 4_000}, {"money": 0.04, "currency": "USD"}):
        with pytest.raises(BudgetExceeded, match="a question may") as caught:
            ask(server, kind, free(**limits))
        assert caught.value.exit_code == 8 and not server.seen
    spending = free(tokens=5_000)
    ask(server, kind, spending)
    spent = Spending(Budget(tokens=5_000), Cost(tokens=4_000), None)
    with pytest.raises(BudgetExceeded, match="tokens of"):
        ask(server, kind, spent)
    assert len(server.seen) == 1


def test_every_try_is_checked(server: Server) -> None:
    server.script = [Answer(b"{}", missing=5), fails(500), usage("openai", state("openai", 10, 5))]
    spending = free(tokens=12_000)
    ask(server, "openai", spending, tries=3)
    assert len(server.seen) == 3 and 4_096 + 15 < spending.cost.tokens < 6_000
    server.script, spending = [Answer(b"", hangs=True)], free(tokens=6_000)
    with pytest.raises(BudgetExceeded):
        ask(server, "openai", spending, tries=3, timeout=0.3)
    assert len(server.seen) == 4 and 4_096 < spending.cost.tokens <= 6_000


def test_budgets_of_tokens_and_money_are_read() -> None:
    found = read_budget("10m, 20000 tokens, 0.50 USD")
    assert found == Budget(seconds=600, tokens=20_000, money=0.5, currency="USD")
    assert describe_budget(found).startswith("10 min 00 s, ") and describe_budget(found).endswith("0.5 USD")
    assert read_budget("1 token and 3,5 eur") == Budget(tokens=1, money=3.5, currency="EUR")


@pytest.mark.parametrize(
    "text",
    ["$2", "2 €", "0 tokens", "1.5 tokens", "-1 tokens", "20k tokens", "20 000 tokens", "20,000 tokens", "1 USD, 1 EUR", "5 XXX",
     "0 USD", "1,000 USD", "9e9 USD", "1 dollar", "1 token, 1 token", f"{'9' * 30} tokens", "nan USD", "1 USD; rm -rf /"],
)  # fmt: skip
def test_other_limits_are_refused(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_budget(text)
    assert "20000 tokens, 0.50 USD" in caught.value.remedy


def test_money_needs_prices(card: Card, studio: Studio, tmp_path: Path) -> None:
    album = plan_album(Commission(brief="lofi single, 8 seconds"), card)
    budget = Budget(money=1, currency="USD")
    with pytest.raises(BadInput, match="prices") as caught, open_session(album, tmp_path / "a", studio, budget=budget):
        pass
    assert "TWIN_QUESTION_PRICE" in caught.value.remedy and not (tmp_path / "a" / "plan.json").exists()
    priced = from_environment({"TWIN_STUDIO": str(tmp_path), "TWIN_QUESTION_PRICE": "0.3", "TWIN_ANSWER_PRICE": "0"})
    assert open_spending(budget, Cost(), priced).prices == (0.3, 0.0)
    for wrong in ("-1", "nan", "inf", "free", "1e9"):
        with pytest.raises(BadInput):
            from_environment({"TWIN_STUDIO": str(tmp_path), "TWIN_QUESTION_PRICE": wrong})


def test_the_plan_is_counted_with_the_first_row_and_all_runs_together(
    server: Server, card: Card, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWIN_OPENAI_URL", f"{server.url}/v1")
    settings = studio.settings.model_copy(update={"offline": False, "question_price": 1.0, "answer_price": 1.0})
    asked = Commission(brief="lofi single, 8 seconds")
    answers = [
        usage("openai", state("openai", 1_000, 100), json.dumps(one)) for one in ({"wishes": []}, {"title": "", "tracks": []})
    ]
    server.script = answers
    spending = open_spending(Budget(tokens=20_000), Cost(), settings)
    album, told = plan(asked, card, settings, spending)
    assert spending.cost.tokens == 2_200 and told[-1].endswith("200 tokens, 0.0022") and not spending.evidence
    with open_session(album, tmp_path / "a", studio, budget=Budget(tokens=20_000), llm="openai", planning=spending) as session:
        assert session.ledger.rows[0].cost == Cost(tokens=2_200, money=0.0022) and session.purse.spent.tokens == 2_200
    with open_session(None, tmp_path / "a", studio) as session:
        assert session.purse.spent.tokens == 2_200 and session.purse.budget.tokens == 20_000
    terms = read_terms(tmp_path / "a")
    assert terms is not None and terms.budget.tokens == 20_000
    small = open_spending(Budget(tokens=50), Cost(), settings)
    found, told = plan(asked, card, settings, small)
    assert found.key == plan_album(asked, card).key and len(server.seen) == 2
    assert len(told) == 2 and all("a question may take" in one for one in told) and small.cost == Cost()


def plan(asked: Commission, card: Card, settings: Settings, spending: Spending) -> tuple[AlbumPlan, list[str]]:
    return plan_with("openai", asked, card, (), load_heuristics(), settings, spending)
