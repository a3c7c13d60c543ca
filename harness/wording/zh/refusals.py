"""Why a remark is not written or a thread not closed, as ``harness.depot.threads`` says it, in Chinese."""

from __future__ import annotations

PHRASES: dict[str, str] = {
    "A comment must hold words, got none.": "评论不能为空。",
    "A comment must be at most {limit} characters, got {n}.": "评论最多 {limit} 个字符，现有 {n} 个。",
    "The owner of a request must be at most {limit} characters, got {n}.": "请求的负责人最多 {limit} 个字符，现有 {n} 个。",
    "The day on which a request is due must be a date such as 2027-01-31, got {day}.": (
        "请求的到期日必须是 2027-01-31 这样的日期，现为 {day}。"
    ),
    "What a thread is about must be a finding of this gate, got {about}.": "讨论所针对的必须是此门禁的发现，现为 {about}。",
    "The thread that is answered must be there, got {thread}.": "所回复的讨论必须存在，现为 {thread}。",
    "Who comments must have one of the roles {roles}, got none of them.": "发表评论者必须具有以下角色之一：{roles:&}。",
    "A thread must be open to be resolved, got none of this id.": "只能解决尚未解决的讨论；此讨论已解决或不存在。",
    "A request must be resolved by another person than the one who made it, got the same person.": (
        "请求必须由提出者以外的人解决。"
    ),
    "The review must stand as you saw it, got something newer by somebody else.": "您看到的审核状态之后，他人又有新的记录。",
    "Look at it again, then decide.": "请重新查看，然后再作决定。",
}
