"""What each reason of a verdict means to a resident, and what to do next, in English and simplified Chinese.

The coarse words are shown on line, where somebody else may be looking: they never tell of insurance or
employment. The fine words are shown after an identity check.
"""

from __future__ import annotations

from typing import Final

from maskres.rounds.plain_words import Language

COARSE_CODES: Final = (
    "withdrawn",
    "same-person",
    "already-won",
    "won-recently",
    "deceased",
    "too-young",
    "age-unknown",
    "name-differs",
    "not-registered-here",
)

_OBJECT: Final = {
    "en": "If this is wrong, object before the time for objections ends; bring your identity document.",
    "zh-Hans": "如有错误，请在异议期内提出异议，并出示身份证件。",
}

# code: (English sentence, English next step, Chinese sentence, Chinese next step); "" stands for _OBJECT.
_WORDS: Final[dict[str, tuple[str, str, str, str]]] = {
    "withdrawn": (
        "This registration was withdrawn before registration closed.",
        "You can register again for the next draw or round.",
        "这项登记在截止前已撤回。",
        "您可以重新登记，参加下一次或下一轮摇号。",
    ),
    "same-person": (
        "You have already registered with another document; everyone takes part once.",
        "Your earlier registration counts; nothing needs to be done.",
        "您已用另一证件登记；每人只能参加一次。",
        "以您先前的登记为准，无需另行办理。",
    ),
    "already-won": (
        "You have already won in this round.",
        "Look up your earlier number to see where and when to collect.",
        "您在本轮已经中签。",
        "请用先前的登记号查询领取门店和时段。",
    ),
    "won-recently": (
        "You won in an earlier round, and the waiting time after that win is not over.",
        "The rules of the round say how long to wait; after that you can register again.",
        "您在以往轮次中签，规定的等待期尚未届满。",
        "等待期见本轮规则，期满后可再次登记。",
    ),
    "deceased": (
        "A register says that this person has died.",
        "If this is wrong, please come to a counter in person with your identity document.",
        "登记信息显示此人已经去世。",
        "如有错误，请本人持身份证件到服务窗口更正。",
    ),
    "too-young": (
        "You are younger than the rules of this round ask for on the reference date.",
        "If your date of birth is wrong here, object before the time for objections ends.",
        "您在基准日未达到本轮规则要求的年龄。",
        "如出生日期有误，请在异议期内提出异议。",
    ),
    "age-unknown": (
        "We do not know your date of birth, and the rules of this round ask about age.",
        "Show a document with your date of birth before the time for objections ends.",
        "我们没有您的出生日期，而本轮规则对年龄有要求。",
        "请在异议期内出示载有出生日期的证件。",
    ),
    "name-differs": (
        "Your document number was found, but under another name.",
        "Compare the name with your document. If it is right, object before the time for objections ends.",
        "查到了您的证件号码，但姓名不一致。",
        "请核对姓名与证件是否一致；如姓名无误，请在异议期内提出异议。",
    ),
    "not-registered-here": (
        "We found no entry that lets you take part in this round.",
        "Compare your document number. If it is right, object before the time for objections ends.",
        "没有查到符合本轮参加条件的登记信息。",
        "请核对证件号码；如号码无误，请在异议期内提出异议。",
    ),
    "household:not-found": (
        "Your document number is not in the household register of this city.",
        "",
        "本市户籍登记中没有您的证件号码。",
        "",
    ),
    "household:name-differs": (
        "The household register has your document number under another name.",
        "Have the name corrected at the police station or here, and object in time.",
        "户籍登记中您的证件号码对应的姓名不一致。",
        "请到派出所或服务窗口更正姓名，并在异议期内提出异议。",
    ),
    "household:not-in-force": (
        "By the household register you did not live in this city on the reference date.",
        "",
        "根据户籍登记，您在基准日不属于本市户籍。",
        "",
    ),
    "insurance:not-found": (
        "Your document number is not in the social insurance register of this city.",
        "Ask your employer whether contributions were paid here; with proof of payment, object in time.",
        "本市社会保险登记中没有您的证件号码。",
        "请向用人单位了解是否在本市缴费；如有缴费证明，请在异议期内提出异议。",
    ),
    "insurance:name-differs": (
        "The social insurance register has your document number under another name.",
        "Have the name corrected at the social insurance office or here, and object in time.",
        "社会保险登记中您的证件号码对应的姓名不一致。",
        "请到社保经办机构或服务窗口更正姓名，并在异议期内提出异议。",
    ),
    "insurance:not-in-force": (
        "Social insurance was paid for you in fewer months than the rules of this round ask for.",
        "Compare the months with your payment record; with proof of payment, object in time.",
        "您缴纳社会保险的月数未达到本轮规则的要求。",
        "请核对缴费记录；如有缴费证明，请在异议期内提出异议。",
    ),
    "employment:not-found": (
        "Your document number is not in the employment register of this city.",
        "Ask your employer whether your employment was registered here; with proof of it, object in time.",
        "本市就业登记中没有您的证件号码。",
        "请向用人单位了解是否已办理就业登记；如有证明，请在异议期内提出异议。",
    ),
    "employment:name-differs": (
        "The employment register has your document number under another name.",
        "Have the name corrected at the employment office or here, and object in time.",
        "就业登记中您的证件号码对应的姓名不一致。",
        "请到就业服务机构或服务窗口更正姓名，并在异议期内提出异议。",
    ),
    "employment:not-in-force": (
        "By the employment register you were not employed in this city on the reference date.",
        "If you were, bring your contract or a letter of your employer and object in time.",
        "根据就业登记，您在基准日未在本市就业。",
        "如当时在职，请持劳动合同或用人单位证明，在异议期内提出异议。",
    ),
}
_SAME_WORDS: Final = {"won-in-round": "already-won"}

FINE_CODES: Final = (
    "withdrawn",
    "same-person",
    "won-in-round",
    "won-recently",
    "deceased",
    "too-young",
    "age-unknown",
    *(code for code in _WORDS if ":" in code),
)


def explain(code: str, language: Language) -> tuple[str, str]:
    """Say what a reason means and what can be done.

    Args:
        code: one of FINE_CODES or COARSE_CODES.
        language: "en" or "zh-Hans".

    Returns:
        A sentence, and the next step as a sentence.

    Raises:
        KeyError: there is no such code.
    """
    english, english_step, chinese, chinese_step = _WORDS[_SAME_WORDS.get(code, code)]
    if language == "en":
        return english, english_step or _OBJECT["en"]
    return chinese, chinese_step or _OBJECT["zh-Hans"]
