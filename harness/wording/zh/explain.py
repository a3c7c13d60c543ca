"""Sentences about the attributions of single decisions, in Chinese."""

from __future__ import annotations

PAGE: dict[str, str] = {
    # what was decided
    "explain.title": "判定所依据的内容",
    "explain.page": "{model}：判定所依据的内容",
    "explain.decided": "判定：{target}，领先 {runner_up} {lead} logit",
    "explain.decided-other": "判定：{decision}；{target} 对 {runner_up} 的领先值为 {lead} logit",
    "explain.decided-text": "后续内容的对数概率：{lead} nat",
    "explain.scores": "得分",
    "explain.label": "真实类别",
    "explain.example": "样本",
    "explain.model": "模型",
    "explain.base-value": "基准值",
    "explain.lead": "领先值",
    "explain.lead-text": "对数概率",
    "explain.sum-line": (
        "基准值 {blank}（每个{unit:~}{absence}）+ 归因值 {total} + 未解释 {unexplained} = 领先值 {whole}"
    ),
    "explain.sum-line-text": (
        "基准值 {blank}（每个{unit:~}{absence}）+ 归因值 {total} + 未解释 {unexplained} = 对数概率 {whole}"
    ),
    "explain.no-base-text": "对数概率 {whole}；这里没有基准值，各数值不一定能相加得到它",
    "explain.no-base": "领先值 {whole}；这里没有基准值，各数值不一定能相加得到它",
    "explain.absence-mask": "被遮盖",
    "explain.absence-pad": "以填充代替",
    "explain.absence-population": "取自参照总体",
    # the drawing
    "explain.bars": "{name} 的归因值，最强的在前",
    "explain.bars-about": "{n} 个部分；其归因值合计 {total} logit。",
    "explain.bars-caption": (
        "每个{unit:~}对领先值的贡献，单位为 logit。这些条形没有区间：它们只针对这一个输入计算，"
        "不能说明其他输入。"
    ),
    "explain.bars-caption-text": (
        "每个{unit:~}对后续内容的对数概率的贡献，单位为 nat。这些条形没有区间：它们只针对这一个输入计算，"
        "不能说明其他输入。"
    ),
    "explain.bars-reach": "须线：{n} 个种子下的范围。",
    "explain.scale-caption": "本页全部内容使用同一尺度：{low} 至 {high} logit。",
    "explain.cut-caption": "»：超出尺度。",
    "explain.cut-signs": "以 < 或 > 结束的条形超出尺度，尺度止于 {most} logit。",
    "explain.rest-word.other": "其余 {n} 个词合计",
    "explain.rest-token.other": "其余 {n} 个词元合计",
    "explain.rest-sentence.other": "其余 {n} 个句子合计",
    "explain.special.other": "{n} 个特殊词元",
    "explain.unexplained": "未解释",
    "explain.nameless-word": "词",
    "explain.nameless-token": "词元",
    "explain.nameless-sentence": "句子",
    "explain.blank-part": "（空白）",
    "explain.heat": "带归因值的文本；表格给出相同内容",
    "explain.heat-first": "第一段文本及其归因值；表格给出相同内容",
    "explain.heat-second": "第二段文本及其归因值；表格给出相同内容",
    "explain.no-text": "（空文本）",
    "explain.legend-sample": "部分",
    "explain.legend-plain": "某个部分对判定的影响强度，最大 {most}；该方法没有正负号",
    "explain.legend-for": "+，实线：支持 {target}",
    "explain.legend-against": "−，虚线：支持 {runner_up}",
    "explain.legend-for-text": "+，实线：使后续内容更可能",
    "explain.legend-against-text": "−，虚线：使后续内容更不可能",
    "explain.likelier": "更可能",
    "explain.less-likely": "更不可能",
    "explain.legend-unsure": "点线框、无颜色：在不同种子下其正负号未定",
    "explain.unread.other": "模型没有读到的 {n} 个字符：",
    "explain.not-drawn.other": "另有 {n} 个字符未画出；JSON 中有全部内容",
    "explain.numbers": "本图的数字",
    "explain.position": "位置",
    "explain.part": "部分",
    "explain.value": "归因值",
    "explain.checked": "按 {method}",
    "explain.range": "不同种子下的范围",
    "explain.n-left-out.other": "另有 {n} 个部分只在 JSON 和 CSV 中。",
    # the method card
    "explain.method": "方法",
    "explain.baseline": "基线",
    "explain.no-baseline": "无",
    "explain.target": "目标",
    "explain.target-lead": "{target} 的 logit 减去 {runner_up} 的 logit",
    "explain.target-logit": "{target} 的 logit",
    "explain.target-lead-text": "后续内容的对数概率，其全部词元合计",
    "explain.target-logit-text": "后续内容的对数概率，其全部词元合计",
    "explain.spent": "计算量",
    "explain.spent-words": "{gradients}，{forwards}，{precision}",
    "explain.gradients.other": "{n} 次梯度",
    "explain.forwards.other": "{n} 次前向计算",
    "explain.status": "状态",
    "explain.read": "读入",
    "explain.read-words": "{n} 个词元，其中特殊词元 {special} 个",
    "explain.status-words": "{status}。{because}",
    "explain.status-converged": "已收敛",
    "explain.status-unconverged": "未收敛",
    "explain.status-nothing-to-attribute": "没有可归因的内容",
    "explain.status-not-checked": "没有承诺，也没有核验",
    "explain.distrust": "不着色。{because}",
    # the cross-check
    "explain.check": "交叉核对",
    "explain.check-words": (
        "{method}，逐一去掉每个部分后重新询问：两种方法各自最强的 {n_top} 个部分中，{n_shared} 个相同，"
        "其中 {n_same_sign} 个正负号也相同"
    ),
    "explain.check-words-unsigned": (
        "{method}，逐一去掉每个部分后重新询问：两种方法各自最强的 {n_top} 个部分中，{n_shared} 个相同；"
        "这种方法没有可比较的正负号"
    ),
    "explain.check-doubt": "{check}。{low}",
    "explain.check-low": "两种方法不一致：不要单独依赖其中任何一种。",
    # contrast
    "explain.contrast": "对照",
    "explain.only-first": "仅出现在该文本中：{words}。",
    "explain.only-second": "仅出现在另一文本中：{words}。",
    "explain.only-nothing": "无",
    "explain.only-more": "以及另外 {n} 个",
    "explain.more-lines": "……文本还有后续；--format html 会显示更多",
    "explain.first-text": "该文本",
    "explain.second-text": "与之比较的文本",
    # what attributions cannot say
    "explain.caveats": "这不能说明什么",
    "explain.caveat-counterfactual": "换一个词就会改变判定。要知道这一点，请直接询问：--against TEXT。",
    "explain.caveat-certify": (
        "模型是出于正确的理由作出判定，或者一个模型对待各群体比另一个更好。"
        "在判定不变的情况下，解释也可能被误导。"
    ),
    "explain.caveat-across-models": "模型之间孰优孰劣：忠实度的下限和上限因模型而异。",
    "explain.caveat-gaps": "完整的输入会得到同样的处理：有空缺的输入可能与模型学过的任何内容都不相像。",
    "explain.caveat-agree": "人会给出同样的理由。",
    # the section of the report
    "rests.about": (
        "单个词的归因值在多大程度上可以依赖。凡有随机顺序的对照，数值都与对照并列；单看数值说明不了多少。"
    ),
    "rests.scorecard": "归因值的可信程度",
    "rests.measure": "指标",
    "rests.value": "数值",
    "rests.interval": "区间",
    "rests.n": "n",
    "rests.by": "方法",
    "rests.blind-line": "{title}：{words}",
    "rests.blind": "这些数值看不到什么",
    "rests.more.other": "另有 {n} 个数值，见度量结果。",
    "rests.aside": "不可依赖的行",
    "rests.rows.other": "{n} 行",
    "rests.all-converged": "{method}，数据集 {data}：解释了 {rows}；没有未收敛的；{nothing}没有可归因的内容。",
    "rests.unconverged": (
        "{method}，数据集 {data}：解释了 {rows}；{unconverged}未收敛（{ids}）；{nothing}没有可归因的内容。"
    ),
    "rests.ids-more": "{ids}，以及另外 {n} 个",
    "rests.decisions": "若干判定",
    "rests.with-text": ("随机抽样的前几行，附文本，因为有人要求附上：本报告含有个人数据。"),
    "rests.without-text": (
        "随机抽样的前几行。除非有人要求，报告不含任何行的文本，因此各部分以位置命名。"
    ),
    "rests.scale": "全部使用同一尺度：最大 {scale} logit。",
    # training rows
    "explain.training": "相似的训练证据",
    "explain.training-about": (
        "模型在学习时，使这一判定更加确定的训练行，最强的在前。这不能证明没有它们判定就会不同。"
    ),
    "explain.training-none": "（最强的各行中没有）",
    "explain.training-row": "{id}（{label}）：影响 {influence}；共有的词：{shared}",
    "explain.training-row-near": (
        "{id}（{label}）：影响 {influence}，相似度 {cosine}；共有的词：{shared}"
    ),
}
