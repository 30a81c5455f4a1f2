"""What a logged-out reader still gets, which is what "acknowledged" has to be measured by."""

from __future__ import annotations

import struct
import zlib

import pytest
from tests.demoforum.conftest import People

from modstation.demoforum import DemoForum
from modstation.demoforum.markup import plain, render
from modstation.demoforum.pictures import HEIGHT, WIDTH, picture
from modstation.demoforum.records import Post


@pytest.fixture
def pictured(demo: DemoForum) -> Post:
    """A reported post that shows a picture."""
    return next(post for post in demo.forum.posts.values() if post.uploads and post.flag_id)


class TestAHiddenPost:
    def test_its_picture_stays_public(self, people: People, pictured: Post) -> None:
        people.moderator.request("DELETE", f"/api/v3/posts/{pictured.pid}/state")
        answer = people.guest.get(f"/assets/uploads{pictured.uploads[0]}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")

    def test_its_text_is_gone_from_post_topic_page_and_browser(self, people: People, pictured: Post) -> None:
        people.moderator.request("DELETE", f"/api/v3/posts/{pictured.pid}/state")
        index = people.moderator.get(f"/api/v3/posts/{pictured.pid}/index").json()["response"]["index"]
        page = people.guest.get(f"/api/topic/{pictured.tid}", params={"page": index // 20 + 1}).json()
        (shown,) = [post for post in page["posts"] if post["pid"] == pictured.pid]
        assert (shown["content"], shown["deleted"]) == ("[[topic:post-is-deleted]]", 1)
        assert (
            people.guest.get(f"/api/v3/posts/{pictured.pid}").json()["response"]["content"]
            == "[[topic:post-is-deleted]]"
        )
        assert pictured.uploads[0] not in people.guest.get(f"/post/{pictured.pid}").text

    def test_staff_go_on_reading_it(self, people: People, pictured: Post) -> None:
        people.moderator.request("DELETE", f"/api/v3/posts/{pictured.pid}/state")
        assert people.moderator.get(f"/api/v3/posts/{pictured.pid}/raw").json()["response"]["content"] == pictured.text


class TestAPicture:
    def test_purging_the_post_removes_it(self, people: People, pictured: Post) -> None:
        assert people.admin.request("DELETE", f"/api/v3/posts/{pictured.pid}").status_code == 200
        assert people.guest.get(f"/assets/uploads{pictured.uploads[0]}").status_code == 404

    def test_a_control_call_removes_it(self, demo: DemoForum, people: People, pictured: Post) -> None:
        address = f"/assets/uploads{pictured.uploads[0]}"
        assert demo.call("upload", url=f"{demo.url}{address}") == {"removed": True}
        assert demo.call("upload", url=address) == {"removed": False}
        assert people.guest.get(address).status_code == 404

    def test_asking_for_its_head_brings_no_body(self, people: People, pictured: Post) -> None:
        answer = people.guest.head(f"/assets/uploads{pictured.uploads[0]}")
        assert (answer.status_code, answer.content) == (200, b"")
        assert int(answer.headers["content-length"]) > 100

    def test_its_address_stands_in_text_html_and_uploads(self, people: People, pictured: Post) -> None:
        upload = pictured.uploads[0]
        assert f"](/assets/uploads{upload})" in pictured.text
        assert people.guest.get(f"/api/v3/posts/{pictured.pid}").json()["response"]["uploads"] == [upload]
        assert f'<img src="/assets/uploads{upload}"' in people.guest.get(
            f"/api/v3/posts/{pictured.pid}/summary"
        ).text.replace('\\"', '"')

    @pytest.mark.parametrize("number", [1, 3, 999_999])
    def test_it_is_a_whole_png_of_its_size(self, number: int) -> None:
        data = picture(number)
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        assert struct.unpack(">II", data[16:24]) == (WIDTH, HEIGHT)
        start = data.index(b"IDAT")
        (length,) = struct.unpack(">I", data[start - 4 : start])
        assert len(zlib.decompress(data[start + 4 : start + 4 + length])) == (WIDTH + 1) * HEIGHT
        assert picture(number) == data

    def test_numbers_make_different_pictures(self) -> None:
        assert len({picture(number) for number in range(20)}) == 20


class TestABrowser:
    def test_pages_lead_from_the_boards_to_the_posts(self, people: People) -> None:
        assert "/category/1" in people.guest.get("/").text
        assert "/topic/" in people.guest.get("/category/1").text
        assert "post-1" in people.guest.get("/topic/1/any-words").text

    def test_deleted_topics_disabled_boards_and_nonsense_are_not_found(self, people: People) -> None:
        people.moderator.request("DELETE", "/api/v3/topics/1/state")
        people.admin.put("/api/v3/categories/2", json={"disabled": 1})
        for path in ("/topic/1", "/category/2", "/topic/99999", "/nothing", "/post/99999"):
            assert people.guest.get(path).status_code == 404

    def test_text_of_people_is_never_markup(self, people: People) -> None:
        kay = people.person("kay_b")
        kay.post("/api/v3/topics/1", json={"content": "<script>alert(1)</script> and <img src=x onerror=alert(2)>"})
        page = people.guest.get("/topic/1").text
        assert "<script>alert" not in page
        assert "<img src=x" not in page


class TestMarkup:
    @pytest.mark.parametrize(
        ("text", "html"),
        [
            ("one\n\ntwo", '<p dir="auto">one</p>\n<p dir="auto">two</p>\n'),
            ("a < b & c", '<p dir="auto">a &lt; b &amp; c</p>\n'),
            ("**bold** word", '<p dir="auto"><strong>bold</strong> word</p>\n'),
            ("line\nbreak", '<p dir="auto">line<br />\nbreak</p>\n'),
            (
                "see http://a.invalid/?x=1&y=2",
                '<p dir="auto">see <a href="http://a.invalid/?x=1&amp;y=2" rel="nofollow ugc">http://a.invalid/?x=1&amp;y=2</a></p>\n',
            ),
            ("", '<p dir="auto"></p>\n'),
        ],
    )
    def test_source_becomes_html_as_the_platform_makes_it(self, text: str, html: str) -> None:
        assert render(text, "http://forum") == html

    def test_emoji_are_pictures_from_the_forum(self) -> None:
        assert 'src="http://forum/assets/plugins/nodebb-plugin-emoji/emoji/android/1f642.png' in render(
            "🙂", "http://forum"
        )

    def test_teasers_are_plain(self) -> None:
        assert plain("hello 🙂\n\n#1") == "hello \n#1\n"
