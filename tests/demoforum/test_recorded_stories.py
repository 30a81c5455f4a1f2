"""Every recorded story is replayed against the demo forum: status, words, types and telling values are as recorded."""

from __future__ import annotations

import pytest
from tests.contracts.recorded import STORIES, Exchange, differences, story
from tests.demoforum.replaying import BEFORE, IGNORED, replay


@pytest.mark.parametrize("name", STORIES)
def test_the_demo_forum_answers_as_recorded(name: str) -> None:
    wrong = [f"{exchange.id}: {one}" for exchange, found in replay(name) for one in found]
    assert wrong == []


def test_every_recorded_exchange_is_replayed() -> None:
    assert len(STORIES) == 12
    assert sum(len(story(name).exchanges) for name in STORIES) == 389


@pytest.mark.parametrize("key", [*BEFORE, *IGNORED], ids=str)
def test_what_is_done_by_hand_belongs_to_a_recorded_exchange(key: tuple[str, str]) -> None:
    name, exchange = key
    assert not exchange or story(name)[exchange].id == exchange


class TestTheComparison:
    """A comparison that finds nothing would make every story above worthless."""

    @staticmethod
    def exchange() -> Exchange:
        return story("flag-detail")["v3-detail"]

    def test_the_recorded_answer_itself_differs_in_nothing(self) -> None:
        exchange = self.exchange()
        assert differences(exchange, exchange.status, exchange.answer) == []

    def test_another_status_is_found(self) -> None:
        exchange = self.exchange()
        (found,) = differences(exchange, 500, exchange.answer)
        assert (found.where, found.recorded, found.answered) == ("status", 200, 500)

    def test_a_missing_field_is_found(self) -> None:
        exchange = self.exchange()
        answer = {
            **exchange.answer,
            "response": {k: v for k, v in exchange.answer["response"].items() if k != "target"},
        }
        assert [str(one) for one in differences(exchange, 200, answer)] == [
            "response.target: recorded 'object', answered 'missing'"
        ]

    def test_a_new_field_is_found(self) -> None:
        exchange = self.exchange()
        answer = {**exchange.answer, "response": {**exchange.answer["response"], "extra": 1}}
        assert [one.where for one in differences(exchange, 200, answer)] == ["response.extra"]

    def test_another_type_is_found_where_a_number_became_a_text(self) -> None:
        exchange = self.exchange()
        answer = {**exchange.answer, "response": {**exchange.answer["response"], "datetime": "soon"}}
        assert [one.where for one in differences(exchange, 200, answer)] == ["response.datetime"]

    def test_another_value_of_a_telling_field_is_found(self) -> None:
        exchange = self.exchange()
        answer = {**exchange.answer, "response": {**exchange.answer["response"], "state": "wip"}}
        assert [one.where for one in differences(exchange, 200, answer)] == ["response.state"]

    def test_other_words_of_a_refusal_are_found(self) -> None:
        exchange = story("posts")["delete-again"]
        answer = {**exchange.answer, "status": {"code": "bad-request", "message": "Something else"}}
        assert [one.where for one in differences(exchange, 400, answer)] == ["status.message"]

    def test_a_truth_value_is_no_number(self) -> None:
        exchange = story("posts")["get"]
        answer = {**exchange.answer, "response": {**exchange.answer["response"], "deleted": False}}
        assert [one.where for one in differences(exchange, 200, answer)] == ["response.deleted"]
