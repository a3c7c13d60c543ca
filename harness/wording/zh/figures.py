"""Sentences of figures and of worst-group findings, in Chinese."""

from __future__ import annotations

PAGE: dict[str, str] = {
    # the sentence of a worst-group finding: head, how far, how far for certain, design
    "worst.pair": (
        "{title}（按 {column}）：{first} 每 100 个中有 {first_per_100} 个（{first_n} 个中 {first_events} 个），"
        "{second} 每 100 个中有 {second_per_100} 个（{second_n} 个中 {second_events} 个）。"
    ),
    "worst.pair-values": "{title}（按 {column}）：{first} 为 {first_value}，{second} 为 {second_value}。",
    "worst.same": "{title}（按 {column}）：{n_groups} 个群体中，每 100 个都有 {first_per_100} 个。",
    "worst.same-values": "{title}（按 {column}）：{n_groups} 个群体中都是 {first_value}。",
    "worst.equal": "在这些数据中没有任何两个群体不同",
    "worst.single": (
        "{title}（按 {column}）：{first} 每 100 个中有 {first_per_100} 个（{first_n} 个中 {first_events} 个）。"
    ),
    "worst.weighted": (
        "{title}（按 {column}），{n_classes} 个类别按各自样本数加权的平均值；相差最远的是 "
        "{first}（{first_n} 个中 {first_events} 个）和 {second}（{second_n} 个中 {second_events} 个）。"
    ),
    "worst.difference": "二者相差 {apart}",
    "worst.mean-difference": "平均值为 {apart}",
    "worst.ratio": "较低者是较高者的 {apart}",
    "worst.rate": "这是处境最差的群体",
    "worst.differ": "有某两个群体至少相差 {at_least}（对{scope}，{level_shown}）",
    "worst.differ-mean": "平均值至少为 {at_least}（对{scope}，{level_shown}）",
    "worst.differ-not": "未能表明有任何两个群体不同（对{scope}，{level_shown}）",
    "worst.within": "任何两个群体相差不超过 {at_most}（对每一对，{level_bounded}）",
    "worst.within-mean": "最多为 {at_most}（{level_bounded}）",
    "worst.within-not": "群体之间最多可能相差多少，这些数据给不出上限",
    "worst.ratio-shown": "有某一对的比率最多为 {at_least}（对{scope}，{level_shown}）",
    "worst.ratio-bounded": "没有一对低于 {at_most}（对每一对，{level_bounded}）",
    "worst.rate-between": (
        "最低的真实比率介于 {at_most}（对每个群体，{level_bounded}）和 {at_least}"
        "（对全部群体，{level_shown}）之间"
    ),
    "worst.rate-between-highest": (
        "最高的真实比率介于 {at_least}（对全部群体，{level_shown}）和 {at_most}"
        "（对每个群体，{level_bounded}）之间"
    ),
    "worst.all": "{head}{apart}；{shown}，{bounded}。设计：{design}。",
    "worst.all-rate": "{head}{apart}；{shown}。设计：{design}。",
    "worst.design-rows": "{n_groups} 个群体，各行视为相互独立",
    "worst.design-clusters": "{n_groups} 个群体，各行分属 {n_clusters} 个聚类",
    "worst.design-clustered": "{n_groups} 个群体，各行分属聚类",
    "worst.design-few": "{design}；少于 10 个聚类不足以作出任何判定",
    "worst.design-rare": "{design}；如果某个群体的事件或非事件只出现在不到 5 个聚类中，则不作任何判定",
    "worst.design-overlapping": "{n_groups} 个相互重叠的群体，共有的行已作相应处理",
    "worst.design-reference": "{design}，各自与 {reference} 比较",
    "worst.design-incomplete.other": "{design}；{n} 个群体太小，无法比较",
    "worst.design-incomplete-classes.other": "{design}；在另外 {n} 个类别或比率中，有群体太小，无法比较",
    "worst.lowest": (
        "{said}其值为 {value}；有的低至 {shown} 或更低（对全部，{level_shown}），{bounded}。设计：{design}。"
    ),
    "worst.bounded-lowest": "没有低于 {at_most} 的（对每一个，{level_bounded}）",
    "worst.farthest": (
        "{said}其偏差为 {value}；有的偏差至少为 {shown}（对全部，{level_shown}），{bounded}。设计：{design}。"
    ),
    "worst.bounded-farthest": "没有超过 {at_most} 的（对每一个，{level_bounded}）",
    "worst.rows-clustered": "各行分属聚类",
    "worst.rows-independent": "各行视为相互独立",
    "worst.class": "{title}（{rest}）",
    "worst.scope": "所有成对群体",
    "worst.scope-classes": "所有成对群体和类别",
    "worst.level": "置信水平 {level}",
    # figures
    "figure.group": "群体",
    "figure.events": "事件",
    "figure.events-of": "{n} 个中 {events} 个",
    "figure.value": "数值",
    "figure.interval": "区间",
    "figure.n": "n",
    "figure.evidence": "证据",
    "figure.evidence-low": "少",
    "figure.evidence-enough": "足够",
    "figure.evidence-none": "未测量",
    "figure.not-measured": "–",
    "figure.numbers": "本图的数字",
    "figure.on": "{title}，按 {columns}，数据集 {data}",
    "figure.overall": "全部 {value}",
    "forest.about": "{n} 个群体，从 {low} 到 {high}，各附区间。",
    "forest.about-one": "{n} 个群体，各附区间。",
    "forest.interval": (
        "圆点附区间（{level}），离好的一端最远的在前；虚线是全部样本的比率。"
        "两个区间是否重叠不能说明任何问题：发现所比较的是成对的群体。"
    ),
    "forest.interval-no-line": (
        "圆点附区间（{level}），离好的一端最远的在前。"
        "两个区间是否重叠不能说明任何问题：发现所比较的是成对的群体。"
    ),
    "forest.hollow": "空心圆点：证据少，样本太少，比较不可能通过。",
    "forest.dash": "短横：未测量；原因见表。",
    "forest.band-difference": (
        "阴影：从参与比较的最低值（{lowest}）到其上 {tolerance}，即规则 {rule} 的限值。"
        "高于阴影的圆点与最低群体的距离超过规则所允许的范围；低于阴影的不参与比较。"
    ),
    "forest.band-reference": "阴影：与参照群体 {reference} 相差不超过 {tolerance}，即规则 {rule} 的限值。",
    "forest.band-ratio": "阴影：从最高值（{highest}）的 {tolerance} 倍到最高值，即规则 {rule} 的限值。",
    "forest.left-out.other": "另有 {n} 个群体只在表中列出。",
    "funnel.title": "{title}，按 {columns}，数据集 {data}：数值与样本数",
    "funnel.about": "{n} 个群体围绕比率 {value}；{n_far} 个在联合界限之外。",
    "funnel.caption": (
        "曲线：如果每个群体都具有全部样本的比率 {value}，且各行相互独立，则 100 个群体中有 95 个（实线）"
        "会落在其中，或者 100 次审计中有 95 次全部 {n} 个群体（虚线）都会落在其中。仅供阅读，不作判定。"
    ),
    "funnel.axis-n": "样本数",
    "funnel.where": "位置",
    "funnel.inside": "之内",
    "funnel.outside": "95 % 之外",
    "funnel.far": "联合界限之外",
    "pairs.title": "{title}，按 {columns}，数据集 {data}：每一对群体",
    "pairs.about": "{n} 个群体，{n_pairs} 对；其中 {n_far} 对超出所有成对群体的联合界限。",
    "pairs.first": "较高",
    "pairs.second": "较低",
    "pairs.value": "数值",
    "pairs.passing": "可据以通过的界限",
    "pairs.failing": "可据以判为未通过的界限",
    "pairs.place": "与限值相比",
    "pairs.is-within": "之内",
    "pairs.is-open": "未定",
    "pairs.is-outside": "超出",
    "pairs.is-no-limit": "无限值",
    "pairs.is-not-compared": "未比较",
    "pairs.difference": (
        "单位为百分点。对角线上方：每一对最多可能相差多少（对每一对，置信水平 {passing}）；"
        "每一对都在限值之内才能通过。下方：至少相差多少（对全部成对群体，置信水平 {failing}）；"
        "有一对超出限值即未通过。"
    ),
    "pairs.ratio": (
        "较低比率除以较高比率。对角线上方：每一对可能的最小比率（对每一对，置信水平 {passing}）；"
        "每一对都在限值之内才能通过。下方：最大比率（对全部成对群体，置信水平 {failing}）；"
        "有一对超出限值即未通过。"
    ),
    "pairs.limit": "带边框：超出规则 {rule} 的限值 {limit}；虚线框，使规则不能通过的一对；实线框，使规则未通过的一对。",
    "pairs.dash": "短横：未比较，或样本太少，无法分辨。",
    "pairs.one-of": "{n} 个类别或比率中，这里显示数值最差的一个。",
    "pairs.incomplete": "有群体太小，无法比较，因此无论各对的结果如何，都不可能通过。",
    "impact.title": "影响比率，按 {columns}，数据集 {data}",
    "impact.category": "类别",
    "impact.count": "样本数",
    "impact.share": "占数据的比例",
    "impact.rate": "选择率",
    "impact.ratio": "影响比率",
    "impact.note": "备注",
    "impact.excluded": "不参与比较：{reason}",
    "impact.small": "不足数据的 2 %：说明理由后可以不计",
    "impact.highest": "选择率最高",
    "impact.unknown": "类别未知",
    "impact.caption": (
        "采用纽约市第 144 号地方法（6 RCNY 5-301）的格式，该法没有规定限值。影响比率是选择率除以最高的选择率。"
        "抽样中若干群体里最好的一个因偶然而偏高，因此比率平均而言偏低。"
    ),
    "impact.favourable": "“被选择”是指判定为有利类别；在别处，它不是关注类别。",
    "impact.none-unknown": "没有类别未知的样本。",
    "impact.n-unknown.other": "{n} 个样本的类别未知（没有值，或值不在计划之内）。",
    # the section of the report
    "groups.column": "{columns}，数据集 {data}",
    "groups.more.other": "另外 {n} 幅图",
    "groups.short": "只有在关于成对群体的规则未满足时，才画出成对群体。全部图：assay report RUN --format html",
    "groups.left-out.other": "另有 {n} 幅图未列出；其数字见 measurements.json。",
}
