"""Riverside Forum: a demo forum over HTTP that answers as a recorded NodeBB 4.15 does, traps included.

Standard library only; imports nothing else of ModStation. Three ways to run it:

    python -m modstation.demoforum --port 0 --seed 1 --items 300 --control      (a process)
    spawn(port=0, seed=1, items=300, faults="") -> DemoProcess                  (a child process, for programs)
    with DemoForum(seed=1, items=300) as demo: ...                              (a thread, for tests)

All three tell `url`, `tokens` ("admin", "moderator") and `control`. `demo.call(NAME, **fields)` makes a control call;
the module `control` lists them, the module `faults` the language of faults.

Accounts: demo_admin (uid 1, token "admin"), demo_moderator (2, global moderator, token "moderator"), demo_colleague
(3, another global moderator: control calls act as this one), demo_market_mod (4, section moderator of board 1), and
36 members. As on a fresh NodeBB a global moderator may ban but not mute; `--grant-mute` gives that right.

Calls (`lang=` chooses the language of refusals: en-GB or zh-CN):

    flags     GET /api/flags, /api/flags/:id, /api/v3/flags/:id; PUT and DELETE /api/v3/flags/:id; POST /api/v3/flags;
              DELETE .../report; POST .../notes; DELETE .../notes/:datetime
    posts     GET /api/v3/posts/:pid and .../raw, summary, index, replies, diffs, diffs/:since; PUT .../:pid (edit);
              DELETE and PUT .../state; DELETE .../:pid (purge); PUT .../move;
              GET /api/post/:pid, /api/recent/posts/:term
    topics    GET /api/v3/topics/:tid, .../events, /api/topic/:tid[/:slug[/:place]], /api/recent;
              POST /api/v3/topics and .../:tid; PUT and DELETE .../state, lock, pin; PUT .../move; DELETE .../:tid
    accounts  GET and HEAD /api/v3/users/:uid; GET /api/user/:slug, .../info, .../posts, /api/user/uid/:uid, /api/self,
              /api/users; PUT and DELETE /api/v3/users/:uid/ban, mute; DELETE .../content, account; GET .../chat
    chats     GET and POST /api/v3/chats, /api/v3/chats/:room; GET .../messages, .../messages/:mid/raw;
              GET /api/notifications, /api/unread/total
    queues    GET /api/post-queue[/:id]; POST, PUT, DELETE /api/v3/posts/queue/:id; POST .../notify;
              GET /api/registration-queue
    sections  GET /api/v3/categories[/:cid], .../topics, .../privileges, /api/categories[/:cid/moderators],
              /api/category/:cid; PUT /api/v3/categories/:cid; PUT and DELETE .../privileges/:right, .../moderator/:uid
    site      GET /api/config, /api/admin/advanced/events; PUT /api/v3/admin/settings/:name;
              GET and HEAD /assets/uploads/files/:name (public, also while the post is hidden)
    browser   GET /, /category/:cid, /topic/:tid, /post/:pid: what a logged-out person sees, as HTML

`--state FILE` keeps the forum between two runs, so that what a desk did is still done after a restart.

A checked telephone shows as the custom field `phone_verified` in profiles and in `custom_profile_info` beside posts.
Pictures of a post stand in its text as `![picture](/assets/uploads/files/...)` and in its `uploads`.
"""

from .command import main
from .faults import BadFaults
from .running import DemoForum, DemoProcess, spawn
from .saving import BadState
from .seeding import Plan, riverside

__all__ = ["BadFaults", "BadState", "DemoForum", "DemoProcess", "Plan", "main", "riverside", "spawn"]
