"""What audits of attributions, shortcuts, reasons and training evidence say, in Chinese."""

from __future__ import annotations

_REFUSED = "未测量：{why}"
_NO_FEATURES = "未测量：最后一层的梯度不在所选参数之中，因此无法说明哪些行彼此相近。"
_BY_GRADIENTS = "理由由期望梯度得出（{samples} 次抽取，两个种子），对照为"

_NO_TRACE = "未测量：模型既不提供其最后一层，也不提供单个行的梯度。"
_NO_LAYER = (
    "未测量：模型没有为每个输入读入一个向量的最后一层。请将 audits.{audit}.trace 设为 gradients；"
    "没有适配器时还要指明参数，例如 [score.weight]。"
)

_WHERE = "它出现在 {n_rows} 行中。"
_TRIAL = (
    "放入 {n} 个判定不同的行后，{flips} 个变为 {label}（占这类行的 {low:.2f} 至 {high:.2f}），"
    "在同一位置放入对照词则为 {control} 个。"
)
_SEEN = (
    "它使 {label} 的领先值平均增加 {push:+.2f} logit，在含有它的 {n_seen} 个已归因的行中，"
    "有 {n_top} 行它的作用最强。"
)
_VERDICTS = {
    "used-and-in-data": "{word}（{kind}）在数据中并被使用：它与 {label} 相伴（z = {z:.1f}）。",
    "used-not-in-data": (
        "{word}（{kind}）被用于 {label}，尽管这些数据没有教它（z = {z:.1f}）：是模型自带的。"
    ),
    "used": "{word}（{kind}）被用于 {label}；没有标签，就不知道数据是否教了它。",
    "in-data-not-used": (
        "{word}（{kind}）在数据中与 {label} 相伴（z = {z:.1f}），没有发现它单独决定判定。"
    ),
    "neither": "没有发现 {word}（{kind}）单独决定判定为 {label}，也没有发现它在数据中与之相伴。",
    "not-tried": "{word}（{kind}）无法就 {label} 尝试：行太少。",
}


def _of_words() -> dict[str, str]:
    """Return the sentence of a word for each verdict, with and without a trial and attributions."""
    endings = {
        "": _TRIAL + _SEEN,
        "-no-trial": _SEEN,
        "-unseen": _TRIAL,
        "-no-trial-unseen": "",
    }
    return {
        f"shortcuts.{verdict}{suffix}": text + _WHERE + more
        for verdict, text in _VERDICTS.items()
        for suffix, more in endings.items()
    }


SAID: dict[str, str] = {
    **_of_words(),
    "attribution.refused": _REFUSED,
    "attribution.sums-by-construction": (
        "未测量：{method} 的数值按其构造就会合计相符，无论抽取多少次。"
        "attribution-stability 说明它们在多大程度上取决于种子。"
    ),
    "attribution.manipulable": (
        "可以训练一个模型，使其在判定不变的情况下显示任意的归因值：对没有人为隐藏而构建的模型，它们是证据；"
        "对有人为隐藏而构建的模型，它们什么也不证明。"
    ),
    "attribution.unsigned": "方法 {method} 说明一个词有多重要，而不说明它支持还是反对该判定。",
    "attribution.no-completeness": "未测量：方法 {method} 不保证其数值合计等于任何内容。",
    "attribution.no-blank": "未测量：方法 {method} 不询问没有任何词时如何判定。",
    "attribution.spent": (
        "{n} 行中有 {n_unconverged} 行未收敛，{n_empty} 行没有可归因的内容；二者均按 id 列出。"
        "一行所用的梯度中位数为 {median:.4g}，最多为 {most}。"
    ),
    "attribution.much-on-punctuation": "超过 30 % 的归因落在标点上：在解读词之前请先查看各行。",
    "attribution.cut": (
        "{n} 行中截断之后的内容没有归因值。如果模型可以分窗口读入文本，windows: true 会解释它。"
    ),
    "attribution.nothing-checked": "未测量：{n} 行中没有一行有可归因的内容。",
    "attribution.left-out": "归因未收敛的 {n} 行不计入该平均值。",
    "attribution.windows": (
        "被截断的 {n} 行分 {n_windows} 个窗口解释，其中 {n_left_out} 行在其他类别之间判定，不计；"
        "其他指标针对模型首先读入的内容。"
    ),
    "attribution-stability.no-pairs": "未测量：没有改动后的文本可以与之前的文本比较。",
    "attribution-stability.fixed-weights": "未测量：该模型的权重不能重新抽取再放回。",
    "attribution-stability.not-tried": "未测量：配置中 random_rows 为 0。",
    "attribution-stability.edited": (
        "{name}：改动了 {n_made} 段文本。未比较：分词器读法不变的 {n_same} 段，判定或概率变动的 {n_moved} 段，"
        "词数不同的 {n_apart} 段，未收敛或只有一个词的 {n_open} 段。"
    ),
    "attribution-stability.left-out": (
        "{of} 行中有 {n} 行不计：词太少、数值没有变化，或归因未收敛。"
    ),
    "explained.left-out": (
        "在由 {method} 解释的 {n} 行中，{n_open} 行未收敛，{n_nothing} 行没有可归因的内容。它们不计。"
    ),
    "explained.no-spans": "未测量：模型不能说明其词元在文本中的位置。",
    "explained.refused": _REFUSED,
    "faithfulness.short-rows": ("在 {n} 行上测量，每行 2 至 {short_words} 个词，变体 every-word。"),
    "faithfulness.removals-not-asked": "未测量：removal_rows 为 0，或没有任何行有词。",
    "faithfulness.how": (
        "变体 {variant}，去词方式 {removal}，按词，每行 {n_orders} 个随机顺序，所判定类别的概率。"
    ),
    "faithfulness.left-out": "{n} 行中不计：归因未收敛的 {n_open} 行，没有词的 {n_empty} 行。",
    "plausibility.none-fits": (
        "未测量：按 {form} 读取的 {n} 个人工依据中，没有一个可以与其文本比较：{whys}。rationales.parquet 按 id 列出。"
    ),
    "plausibility.no-rationales": "未测量：数据集 {dataset} 没有角色为 rationale 的列。",
    "plausibility.misfits": (
        "{n_read} 个人工依据中有 {n} 个不计：{whys}。rationales.parquet 按 id 列出。"
    ),
    "plausibility.no-form": (
        "未测量：在查看的 {n} 个人工依据中，具有已知形式（{forms:&}）并与其文本相符的不到一半。"
        "如果它们属于其中之一，请用 rationale_form 指明。"
    ),
    "plausibility.all-empty": "未测量：没有任何行的人工依据标出了内容。",
    "plausibility.ambiguous-form": (
        "未测量：人工依据可以用多种方式读取（{forms:&}）。请用 rationale_form 指明是哪一种。"
    ),
    "plausibility.agrees-with-people": (
        "这说明解释在多大程度上与人一致，而不是与模型一致：解释可以令人信服而不忠实于模型，"
        "也可以忠实而不令人信服。它不衡量可信赖程度。"
    ),
    "plausibility.density": "平均而言，一行的词中有 {per_cent} % 被标出。",
    "plausibility.none-read": "未测量：{n} 行中没有一行的 {method} 归因可以解读。",
    "plausibility.design": "比较 {n} 行。人工依据按 {form} 读取；k 为{k:~}。",
    "plausibility.other-classes": "{n} 行不计：其判定在人工依据不涉及的两个类别之间。",
    "reason-codes.no-table": "未测量：没有将词映射到理由的表。请用 reasons 指明。",
    "reason-codes.no-favourable": "未测量：任务没有指明有利类别，因此没有不利于任何人的判定。",
    "reason-codes.no-adverse": "未测量：全部判定都是有利类别 {favourable}。",
    "reason-codes.none-above": (
        "未测量：没有判定为 {favourable} 的，因此没有刚好高于分界线的判定可供比较。"
        "请选择基线 population、mask 或 pad。"
    ),
    "reason-codes.baseline-near-threshold": (
        _BY_GRADIENTS + " {n_reference} 个刚好高于分界线的 {favourable} 判定。"
    ),
    "reason-codes.baseline-population": _BY_GRADIENTS + "全部判定的 {n_reference} 行。",
    "reason-codes.baseline-mask": (
        "理由由积分梯度得出，对照为由遮盖词元组成的文本，它不代表任何人。"
    ),
    "reason-codes.baseline-pad": (
        "理由由积分梯度得出，对照为由填充词元组成的文本，它不代表任何人。"
    ),
    "reason-codes.baseline-no-gradients": (
        "理由由 Shapley 抽样得出（两个种子），对照为由遮盖词元组成的文本，它不代表任何人：模型不提供梯度。"
    ),
    "reason-codes.decisions": (
        "在不是 {favourable} 的 {n_adverse} 个判定中查看了 {n} 个；另有 {n_left_out} 个不计，"
        "因为模型没有将其与 {favourable} 权衡，或者其中没有词。"
    ),
    "reason-codes.evidence": "理由是通知的证据，绝不是通知本身。不稳定的理由不得告知任何人。",
    "reason-codes.not-stable": (
        "{n_all} 个判定中有 {n} 个：不稳定。其首要理由取决于种子或方法；reasons.parquet 说明是哪些。"
    ),
    "reason-codes.no-factor": "{n} 个判定没有不利于 {favourable} 的词：它们算作不稳定。",
    "reason-codes.unconverged": (
        "{n_all} 个判定中有 {n} 个的归因不是在每个种子下都收敛：其各词的贡献合计不等于应解释的内容。"
    ),
    "reason-codes.first": "首要理由，仅限稳定的：{listed}。",
    "reason-codes.not-about-favourable": (
        "未测量：在抽样的判定中，模型都没有将所判定的类别与有利类别权衡，或者没有任何行有词。"
    ),
    "reason-codes.refused": _REFUSED,
    "shortcuts.source-train": "在 {n} 个带标签的训练行中对词计数。",
    "shortcuts.source-test": (
        "运行没有带标签的训练行，因此在 {n} 个带标签的测试行中对词计数；这些行不用于所声称的试验。"
    ),
    "shortcuts.source-none": "没有标签，因此不知道数据教了什么。",
    "shortcuts.attributed": (
        "由 {method}（基线 mask）得出 {n} 行的归因值；另有 {n_left_out} 行未收敛或没有可归因的内容。"
    ),
    "shortcuts.tried": (
        "在试过的 {n} 个词中，{n_found} 个能单独决定判定（对至多 {least_share:.2f} 的行的精确检验；"
        "其中的错误发现平均至多 {rate:.2f}）。"
    ),
    "shortcuts.no-proof": (
        "能单独决定判定的词不证明有缺陷：它可能理应如此，而且放入一个词的文本可能与模型学过的任何内容都不相像。"
    ),
    "shortcuts.expected": "{n} 个词列为预期的词，既不尝试也不计数。",
    "shortcuts.not-named": (
        "出现在少于 {least} 行中或较长的词可能是某人的数据：它们带有编号，与 words.parquet 中的相同。"
    ),
    "shortcuts.untried": (
        "{n_all} 个词中有 {n} 个无法尝试，因为判定不同的行或放入该词后可以读入的行太少。"
    ),
    "shortcuts.one-class": "未测量：全部行判定为同一类别，因此没有一个词可以使其改变的行。",
    "shortcuts.no-candidates": "未测量：没有任何词出现在至少 min_rows = {min_rows} 行。",
    "shortcuts.no-rows": "未测量：判定为其他类别并且放入一个词后可以读入的行太少。",
    "shortcuts.refused": _REFUSED,
    "sensitive-terms.no-term": "未测量：在查找的 {n} 段文本中，没有一段含有列表中的词。",
    "sensitive-terms.all-cut-off": (
        "未测量：在全部 {n} 段含有这种词的文本中，它都在模型读入的范围之外。请提高 max_tokens。"
    ),
    "sensitive-terms.points-only": (
        "这可能指向依赖这种词的判定。它不证明任何内容，也不说明两个模型中哪一个更好；"
        "经训练而隐藏其所用内容的模型显示的占比很低。"
    ),
    "sensitive-terms.not-backed": (
        "不要相信该占比：在各文本上，它与遮盖这些词的作用不一致（等级相关系数 {value:~}）。"
    ),
    "sensitive-terms.few-texts": (
        "{categories:&} 的词出现在少于 {least} 段文本（min_texts）中，没有测量。"
    ),
    "sensitive-terms.flagged": (
        "在 {n} 个类别中被标记的：{categories:&}。这些词所得的归因和遮盖它们的作用都超出偶然："
        "请查看关于含有它们的文本的判定。"
    ),
    "sensitive-terms.design": (
        "由 {method} 解释 {n} 段含有这种词的文本；共查找了 {n_searched} 段。{more:~}"
    ),
    "sensitive-terms.cut-off": "另有 {n} 段文本不计：其中的词在模型读入的范围之外。",
    "sensitive-terms.no-share": "未测量：没有文本具有可以解读的归因，因此没有其占比。",
    "sensitive-terms.no-control": "未测量：没有文本的其他词与这种词一样多，因此没有可比较的对象。",
    "sensitive-terms.no-swap": "未测量：列表没有为其中任何文本提供另一个身份。",
    "sensitive-terms.too-few": ("未测量：没有任何一类词出现在至少 min_texts = {least} 段文本中。"),
    "training-evidence.no-trace": _NO_TRACE,
    "training-evidence.no-last-layer": _NO_LAYER,
    "training-evidence.refused": _REFUSED,
    "training-evidence.no-train-texts": "未测量：训练集没有文本。",
    "training-evidence.no-train-labels": "未测量：训练集没有标签。",
    "mislabelled.no-trace": _NO_TRACE,
    "mislabelled.no-last-layer": _NO_LAYER,
    "mislabelled.refused": _REFUSED,
    "mislabelled.no-train-texts": "未测量：训练集没有文本。",
    "mislabelled.no-train-labels": "未测量：训练集没有标签。",
    "training-evidence.similar": "相似的训练证据：它不表明没有这些行判定就会不同。",
    "training-evidence.no-errors": "未测量：在查看的判定中没有错误的。",
    "training-evidence.no-features": _NO_FEATURES,
    "training-evidence.no-support": "未测量：没有训练行倾向于所查看的判定。",
    "training-evidence.no-labels": "未测量：数据集 {dataset} 没有标签，因此不知道哪个判定是错误的。",
    "training-evidence.few-rows": "有 {n} 个训练行，少于 k = {k}：它们全部在每个判定背后。",
    "training-evidence.base": (
        "在随机抽取的 {n} 个训练行中，{n_suspect} 个的标签与其自身的近邻行相悖。"
    ),
    "mislabelled.needs-last-layer": "未测量：被改动的标签只在最后一层上尝试。",
    "mislabelled.never-learnt": "这是上限：标签在训练之后改动，因此模型没有学过它们。",
    "mislabelled.no-features": _NO_FEATURES,
    "mislabelled.one-row": "未测量：只有一个训练行，附近没有其他行。",
    "mislabelled.no-decisions": "未测量：梯度说明一行倾向于哪个方向，而不说明对它的判定。",
    "mislabelled.most-confused": (
        "在 {n} 个这样的行中，{n_most} 个标签为 {label}，而周围是 {other} 的行。"
    ),
}

PHRASES: dict[str, str] = {
    "the number of marked words of the row": "该行标出的词数",
    "the mean number of marked words over all rows": "全部行标出的词数的平均值",
    "More hold one: raise rows to take them in.": "还有更多含有：要纳入它们，请提高 rows。",
}
