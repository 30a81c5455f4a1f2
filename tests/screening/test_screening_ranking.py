"""Near-duplicates, the learned priority and its bounds, and the guess at a language."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modstation.models.errors import BadInput
from modstation.screening import NearIndex, guess_language
from modstation.screening.priority import (
    Example,
    Waiting,
    area_under_curve,
    arrange,
    features,
    is_held_back,
    train,
)

GOOD = [
    "garden",
    "flower",
    "river",
    "mountain",
    "recipe",
    "holiday",
    "library",
    "music",
    "school",
    "公园",
    "音乐",
    "天气",
]
BAD = ["casino", "jackpot", "bonus", "spin", "deposit", "winner", "voucher", "loan", "赌场", "彩金", "提款", "返利"]


def sentence(words: list[str], seed: int, size: int = 14) -> str:
    chosen = random.Random(seed)
    return " ".join(chosen.choice(words) for _ in range(size)) + f" {seed}"


def examples(count: int) -> list[Example]:
    return [Example(sentence(BAD if n % 2 else GOOD, n), bool(n % 2)) for n in range(count)]


def test_posts_that_differ_by_a_few_letters_or_a_contact_are_one_cluster() -> None:
    base = [sentence(GOOD + BAD, n, 20) for n in range(300)]
    index = NearIndex()
    first = index.add(base)
    changed = index.add([text[:30] + "x" + text[32:] + f" call {n}99" for n, text in enumerate(base)])
    assert sum(a == b for a, b in zip(first, changed, strict=True)) >= 295


def test_the_same_text_in_another_writing_is_the_same_text() -> None:
    index = NearIndex()
    assert index.add(
        ["Great OFFER today, friends!", "ｇｒｅａｔ offer today friends", "gre\u200bat offer-today friends"]
    ) == [0, 0, 0]


def test_different_posts_stay_apart() -> None:
    index = NearIndex()
    texts = [sentence(GOOD, n) for n in range(200)] + [sentence(BAD, n) for n in range(200, 400)]
    clusters = index.add(texts)
    for number, cluster in enumerate(clusters):
        assert (number < 200) == (cluster < 200)


@given(st.lists(st.text(max_size=60), max_size=20), st.integers(1, 5))
@settings(max_examples=80, deadline=None)
def test_it_does_not_matter_in_how_many_portions_equal_texts_come(texts: list[str], portion: int) -> None:
    index = NearIndex()
    found = [x for start in range(0, len(texts), portion) for x in index.add(texts[start : start + portion])]
    assert len(index) == len(texts)
    assert all(cluster <= number and index.cluster_of(cluster) == cluster for number, cluster in enumerate(found))
    again = index.add(texts)
    assert [index.cluster_of(x) for x in again] == [index.cluster_of(n) for n in range(len(texts))]


def test_outliers_come_first_and_members_in_order() -> None:
    index = NearIndex()
    base = sentence(GOOD, 1, 30)
    index.add([base, base + " a", base[:-20] + " quite different end of it", base])
    assert index.members(0) == [0, 1, 2, 3]
    assert index.outliers(0)[0] == 2


def test_a_model_learns_from_decisions_and_measures_itself_on_others() -> None:
    model = train(examples(400))
    assert model.trained + model.held_back == 400
    assert model.held_back == sum(is_held_back(x.text) for x in examples(400))
    assert model.auc > 0.95
    bad, good = model.score([sentence(BAD, 9001), sentence(GOOD, 9002)])
    assert 0 <= good < 0.5 < bad <= 1
    assert model.score(["", "\ud800\x00"]) == model.score(["", "\ud800\x00"])


def test_what_sounds_alike_is_alike_to_the_model() -> None:
    shared = set(features("赌场彩金").tolist()) & set(features("堵场采金").tolist())
    assert len(shared) > len(set(features("赌场彩金").tolist()) & set(features("树林河水").tolist()))


def test_erased_items_leave_the_model_at_the_next_training() -> None:
    every = examples(400)
    erased = [x for x in every if "jackpot" not in x.text]
    places = features("jackpot")
    before, after = train(every), train(erased)
    assert abs(after.weights[places]).sum() < abs(before.weights[places]).sum()
    assert (train(erased).weights == after.weights).all()


def test_too_few_decisions_teach_nothing() -> None:
    with pytest.raises(BadInput, match="too few"):
        train(examples(60))


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=40))
def test_the_area_under_the_curve_is_the_share_of_pairs_in_the_right_order(rows: list[tuple[int, bool]]) -> None:
    scores, truths = [float(x) for x, _ in rows], [y for _, y in rows]
    pairs = [
        (a, b) for a, x in zip(scores, truths, strict=True) if x for b, y in zip(scores, truths, strict=True) if not y
    ]
    wanted = sum((a > b) + 0.5 * (a == b) for a, b in pairs) / len(pairs) if pairs else 0.5
    assert area_under_curve(scores, truths) == pytest.approx(wanted)


QUEUES = st.lists(st.tuples(st.integers(0, 1000), st.booleans(), st.floats(0, 1)), max_size=30)


@pytest.mark.promise(5)
@given(QUEUES)
def test_the_learned_order_shows_every_item_and_lowers_no_complaint(rows: list[tuple[int, bool, float]]) -> None:
    queue = [Waiting(since, complaint) for since, complaint, _ in rows]
    order = arrange(queue, [score for *_, score in rows], now=1000, limit=600)
    assert sorted(order) == list(range(len(queue)))
    for place, item in enumerate(queue):
        if item.complaint:
            assert order.index(place) <= place


@pytest.mark.promise(5)
@given(QUEUES)
def test_nobody_who_waited_longer_than_the_limit_stands_behind_a_higher_score(
    rows: list[tuple[int, bool, float]],
) -> None:
    queue = [Waiting(since, complaint) for since, complaint, _ in rows]
    order = arrange(queue, [score for *_, score in rows], now=1000, limit=600)
    late = [at for at in order if 1000 - queue[at].since > 600 and not queue[at].complaint]
    assert [queue[at].since for at in late] == sorted(queue[at].since for at in late)
    for place, at in enumerate(order):
        if not queue[at].complaint and 1000 - queue[at].since <= 600:
            assert not set(order[place:]) & set(late)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("今天我们去公园散步", "zh"), ("The weather in the garden was fine", "en"), ("今日は公園へ行きました", "ja"),
        ("Это обычный русский текст", "ru"), ("오늘은 공원에 갔습니다", "ko"), ("Αυτό είναι ελληνικό κείμενο", "el"),
        ("123 !!! 😀", ""), ("", ""), ("\ud800", ""), ("我用 iPhone 拍了照片给你看", "zh"), ("xq zzv qqk pfft", ""),
    ],
)  # fmt: skip
def test_the_language_is_guessed_where_there_is_enough_to_go_by(text: str, language: str) -> None:
    assert guess_language(text) == language
