"""The vocabulary of `grammar`: nouns and predicates of replies, language by language.

One entry per line of `|`-separated phrases. A word that ends in `*` matches all words with that prefix; `..` matches up
to four words. Accents and case do not matter: text and vocabulary are folded alike.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GrammarWords:
    """Nouns and predicates by meaning.

    `absent`: gone or never there. `weak`: as `absent`, unless the reply says that it is temporary. `none`: a negation
    that counts only directly before a noun. `held`: it exists, but is closed for now. `full`: it exists, but is full.
    """

    name: str
    recipient: str = ""
    domain: str = ""
    sender: str = ""
    other: str = ""
    absent: str = ""
    weak: str = ""
    none: str = ""
    held: str = ""
    full: str = ""


#: "Not found", "isn't recognized", "could not be located", "has never been registered": every pair is a predicate.
_NEGATIONS = (
    "not|isnt|wasnt|arent|werent|never|cannot be|cant be|can not be|could not be|couldnt be|hasnt been|has not been|"
    "have not been|not been|never been|was never|is no longer|no longer|not currently|unable to be|is not a|not a|"
    "not an|isnt an|not among|isnt among|arent among"
)
_PARTICIPLES = (
    "found|recogni*|known|listed|located|registered|defined|identified|present|hosted|resolved|assigned|allocated|"
    "provisioned|associated|configured|served|existing|valid|existent|matched|mapped|created|set up|our"
)
_REFUSALS_TO_ACT = "does not|doesnt|do not|dont|did not|didnt|cannot|cant|can not"
_ACTS = "know|know any|recogni*|host|serve|handle|match any|match an|correspond to any|correspond to an|belong to any"
#: "Has no MX", "without a mail server": what a domain needs and a mailbox doesn't.
_LACKS = "has no|have no|without|without a|lacks|lacks a|has neither|does not have a|doesnt have a|does not have an"
_NEEDS = "mx|mail server|mailserver|mail exchanger|mail host|name server|nameserver"
_PAIRS = "|".join(
    f"{first} {second}"
    for firsts, seconds in ((_NEGATIONS, _PARTICIPLES), (_REFUSALS_TO_ACT, _ACTS), (_LACKS, _NEEDS))
    for first in firsts.split("|")
    for second in seconds.split("|")
)

ENGLISH = GrammarWords(
    "English",
    recipient=(
        "user|users|username|userid|user id|recipient|recipients|recipent|rcpt|rcpts|mailbox|mailboxes|"
        "mail box|inbox|account|accounts|useraccount|address|addresses|addressee|alias|localpart|local part|"
        "customer|customers|subscriber|subscribers|employee|person|people|receiver|addr|email|emails|e mail|"
        "maildrop|login|forward path|destination mailbox|staff|mail drop|or name|o r name|orname"
    ),
    domain=(
        "domain|domains|hostname|host|hosts|mail exchanger|mail exchanger or ip address|hostnames|"
        "mail domain|recipient domain|destination host|destination domain|nxdomain"
    ),
    sender=(
        "sender|senders|return path|reverse path|mail from|envelope from|from address|from addr|from header|"
        "from line|helo|ehlo|client host|client hostname|sending domain|sending server|sending host|"
        "sending ip|sending account|"
        "sending mta|sending address|sending mailbox|sending user|originator|from domain|mfrom|"
        "your domain|"
        "your host|your hostname|your server|your mx|your dns|your reverse|your address|your email|"
        "your e mail|your ip|your account|connecting|in from|in the from|authentication|credentials|password|"
        "mailer host|address you .. from|account you .. from|your mail|your provider|ip address|"
        "ip addresses|ip range|client ip|client name|client address|peer|remote host|originating"
    ),
    other=(
        "server|mx|ip|record|records|ptr|rdns|dns|spf|dkim|dmarc|key|selector|command|header|headers|charset|"
        "encoding|url|uri|link|reason|error|errors|message|messages|certificate|tls|policy|file|attachment|"
        "virus|connection|client|network|relay|lookup|database|list|service|session|protocol|option|"
        "parameter|parameters|syntax|mailer|character|characters|content|body|port|region|tenant|store|"
        "format|response|reply|failure|sequence|mime|auth|token|"
        "attribution|argument|arguments|data|problem|agent|consent|manager|permission|approval|book|"
        "extension|verb|transport|date|field"
    ),
    absent=f"{_PAIRS}|"
    + (
        "unknown|unknow|unkown|not known|not a known|no such|no longer exist*|no longer valid|"
        "no longer active|no longer in use|no longer in service|no longer here|no longer used|"
        "no longer works|no longer working|no longer employed|no longer with|no longer on|"
        "no longer available|no longer a|no longer an|"
        "no longer has a|no longer has an|no longer have a|no trace of|no longer part|"
        "no longer hosted|no longer registered|"
        "not .. any more|not .. anymore|not exist*|doesnt .. exist*|does not .. exist*|do not exist*|dont exist*|"
        "didnt exist|did not exist|cease* to exist|nonexist*|non exist*|inexistent|not found|notfound|"
        "not be found|couldnt be found|cant be found|cannot be found|wasnt found|isnt found|could not find|"
        "couldnt find|cannot find|cant find|can not find|unable to find|unable to locate|unable to .. find|"
        "not able to .. find|not able to .. locate|werent able to .. find|wasnt able to .. find|"
        "able to .. find no|not one of|isnt one of|none of ours|never been|not been in use|not in use|"
        "could not locate|couldnt locate|"
        "cannot locate|cant locate|not be located|couldnt be located|failed to find|failed to locate|"
        "did not find|didnt find|not recogni*|unrecogni*|isnt recogni*|invalid|not valid|not a valid|"
        "isnt valid|isnt a valid|no valid|not an active|not a working|not present|isnt present|not here|"
        "isnt here|arent here|no one with|noone with|nobody with|nobody here|no one here|nobody by|"
        "no one by|noone by|not hosted|isnt hosted|"
        "not listed|isnt listed|not in our|not in the|isnt in our|not local|not a local|isnt local|"
        "isnt a local|not a customer|not our customer|isnt a customer|not one of our|not registered|"
        "isnt registered|not a registered|unregistered user|unregistered recipient|no record of|"
        "no record for|have no record|"
        "dont have such|do not have such|doesnt have such|"
        ""
        "has never existed|never existed|undefined|not defined|not assigned|unassigned|unallocated|"
        "not allocated|not associated|not match any|doesnt match any|no match for|no match found|"
        "unresolvable|misspelled|mistyped|not served|not serviced|not provisioned|unprovisioned|has left|"
        "have left|left the company|left the organi*|left our|left us|passed away|deceased|retired|"
        "permanently disabled|permanently suspended|permanently closed|permanently locked|"
        "permanently unavailable|permanently inactive|permanently blocked|not configured|isnt configured|"
        "doesnt live here|does not live here|unrouteable|unroutable|unmatched|not a user|not a mailbox|"
        "not a recipient|isnt a user|not a subscriber|not exists|no exist|noexist|no existe|never heard of|"
        "wrong|incorrect|defunct"
    ),
    weak=(
        "unavailable|not available|isnt available|unavaiable|deleted|removed|closed|terminated|deactivated|"
        "discontinued|cancelled|canceled|abandoned|obsolete|decommissioned|purged|dropped|expired|dead|erased|"
        "destroyed|wiped|shut down|is gone|resigned"
    ),
    none=(
        "no|bad|not our|none of our|there isnt a|there isnt an|there is not a|there is not an|"
        "dont have a|dont have an|do not have a|do not have an|doesnt have a|"
        "doesnt have an|does not have a|"
        "does not have an|has no|have no"
    ),
    held=(
        "disabled|suspended|inactive|locked|frozen|blocked|not active|isnt active|on hold|dormant|"
        "is restricted|paused|unused|no longer accept*|no longer receiv*|not enabled|not activated|"
        "isnt activated"
    ),
    full=(
        "full|over quota|overquota|over the quota|over its quota|over limit|over its limit|"
        "over its allowance|exceeded|out of space|out of storage"
    ),
)

#: Scripts without spaces: found as substrings, the nearest noun within a few characters.
EAST = GrammarWords(
    "Chinese, Japanese and Korean",
    recipient=(
        "用户|用戶|收件人|收件者|收信人|邮箱|郵箱|信箱|帐号|账号|帳號|账户|帳戶|地址|使用者|邮件地址|ユーザ|"
        "宛先|あて先|受信者|メールアドレス|アドレス|メールボックス|アカウント|受取人|사용자|수신자|수신인|"
        "받는 사람|받는사람|메일함|메일 주소|메일주소|계정|주소|사서함"
    ),
    domain="域名|网域|ドメイン|도메인",
    sender=(
        "您的服务器|您的域名|您的ip|发件人|寄件人|寄件者|发信人|发送者|差出人|送信元|送信者|発信者|발신자|"
        "보낸 사람|보낸사람|송신자|발송자"
    ),
    other="邮件内容|服务器|伺服器|サーバ|メッセージ|서버|메시지|链接|リンク|原因",
    absent=(
        "不存在|未找到|找不到|查无此人|查無此人|无此|無此|没有找到|无效|無效|未知|已注销|已删除|已刪除|"
        "不正确|不正確|没有此|沒有此|错误的|見つかりません|見つからない|存在しません|存在しない|"
        "存在しておりません|不明|無効|ありません|削除され|いません|誤って|존재하지|찾을 수 없|찾지 못|없는|"
        "없습니다|알 수 없는|알수없는|유효하지|잘못된|삭제된|탈퇴"
    ),
    held="冻结|凍結|停用|禁用|锁定|鎖定|一時停止|停止中|ロック|정지된|휴면|차단된|잠긴",
    full="已满|已滿|不足|超过|超出|超過|一杯|いっぱい|満杯|容量|超え|가득|초과|부족",
)

#: Words for a state that ends; in the same sentence, no predicate is an end.
TEMPORARY = (
    "temporar*|temporaire*|temporalmente|temporane*|tijdelijk|tymczasow*|dočasn*|ideiglenes*|tillfällig*|midlertidig*|"
    "tilapäis*|vorübergehend|voruebergehend|provisoire*|временно|тимчасово|geçici|until"
)

#: Words after which a weak predicate is no longer an end.
PASSING = (
    "try again|try later|retry|later|"
    "currently|momentan|derzeit|actuellement|momentaneamente|at this time|right now|for now|at the moment|"
    "not available now|unavailable now|busy|please wait"
)
