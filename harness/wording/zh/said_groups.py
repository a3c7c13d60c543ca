"""What audits of groups, cells, strata and swapped texts say, in Chinese."""

from __future__ import annotations

_FEW_GROUPS = "未测量：列 {column} 中"
_CANNOT_PASS = "在 {column} 中无法估计，因此不可能通过：{groups:&}。"
_POSITIVE = "未测量：positive 必须是任务的类别之一，实际为 {positive}。{hint:~}"

_COUNTED = "列 {column} 的 {group}：标签为 {name} 的 {positives} 个，其他标签的 {negatives} 个。"

SAID: dict[str, str] = {
    "metric-by-group.not-compared": (
        "在 {column} 中未比较，因此不可能通过：{groups:&}。它们的样本少于 {least} 个、没有数值或没有离散程度。"
    ),
    "metric-by-group.no-library": (
        "未测量：指标 {name} 需要 scikit-learn 和 Fairlearn。请安装 modelassay[audit]。"
    ),
    "metric-by-group.one-class": (
        "该群体的全部 {n} 个样本都属于类别 {name}：该指标关于其他类别的说法在这里没有依据。"
    ),
    "cells.too-many": (
        "未测量：{columns:&} 构成 {n_cells} 个有样本的单元格，超过 max_cells = {limit}。"
    ),
    "cells.too-few": "未测量：{columns:&} 构成的有样本的单元格不到两个。",
    "cells.registered": (
        "配置指明了 {columns:&} 的 {n} 个单元格，对其进行比较；其他单元格只报告，不比较。"
    ),
    "cells.empty": (
        "{columns:&} 的 {n_empty} 种组合在数据中没有样本。它们不参与比较：对其一无所知。"
    ),
    "cells.outside": (
        "{total} 行中有 {n} 行不属于任何单元格，因为 {columns:&} 中有一列在那里没有已知的值。"
    ),
    "cells.unknown": "配置所指明的单元格 {cell} 中没有样本，因此不可能通过。{hint:~}",
    "cells.no-column": "未测量：{column} 不是数据集的群体列（现有 {known:&}）。{hint:~}",
    "cells.not-independent": (
        "未测量：只有各行相互独立时才知道单元格的噪声，而这里各行共有聚类或属于多个单元格。"
    ),
    "cells.worst-pair": (
        "{rate:~}（{name:~}）：单元格 {high} 最高（{n_high} 个中 {x_high} 个），"
        "单元格 {low} 最低（{n_low} 个中 {x_low} 个）。"
    ),
    "intersections.no-class": _POSITIVE,
    "intersections.one-column": "未测量：{column} 是唯一的群体列，因此没有单元格。",
    "audit.few-clusters-of-a-class": (
        "类别 {name} 出现在 {n_all} 个聚类中的 {n_clusters} 个。这看不出聚类之间的变化，因此不作任何判定。"
    ),
    "audit.rows-share-clusters": (
        "该区间将各行视为相互独立，但 {n_rows} 行共有 {n_clusters} 个聚类：区间可能过窄。"
    ),
    "counterfactual.all-cut-off": (
        "未测量：在全部 {n} 个反事实文本中，差别之处都在模型读入的范围之外，因此判定不可能改变。"
        "要比较它们，请提高 max_tokens。"
    ),
    "counterfactual.lists": "身份词取自 {lists:&}。",
    "counterfactual.cut-off": (
        "另有 {n_cut} 个反事实文本不计：差别之处在模型读入的范围之外，因此判定不可能改变。"
        "要比较它们，请提高 max_tokens。"
    ),
    "counterfactual.pairs-left-out": (
        "{n_pairs} 对中比较 {n_kept} 对。不计：文本相同的 {n_equal} 对，以及不同但未说明对称的 {n_others} 对。"
        "所比较的对中有 {n_case} 对仅大小写不同；{n_without} 行没有配对。"
    ),
    "counterfactual.file": "配对文本取自 {file}，SHA-256 {sha256}。",
    "counterfactual.test-set": "配对文本是数据集 {dataset} 的行。",
    "counterfactual.no-pairs": "未测量：{n} 对中没有一对不同，因此没有可比较的对象。",
    "counterfactual.searched": (
        "在从 {n_rows} 行中抽取的 {n_searched} 段文本中，{n_texts} 段含有可以替换的身份词；"
        "rows = {most} 是其上限。{enough:~}"
    ),
    "counterfactual.no-identity": (
        "未测量：在查找的 {n_searched} 段文本中，没有一段含有可以替换的身份词。"
    ),
    "counterfactual.holds-twins": "未测量：数据集 {dataset} 是另一个数据集的配对文本。",
    "counterfactual.no-rows": "未测量：数据集 {dataset} 没有行。",
    "counterfactual.no-model": (
        "未测量：运行只有已存储的预测，没有可就替换后的文本询问的模型。请用 pairs 指明配对文本及其回答。"
    ),
    "counterfactual.class": "所用得分是类别 {name} 的得分。",
    "counterfactual.design": (
        "比较 {n_texts} 段文本的 {n} 个反事实文本。同属一个{unit:~}的算作一个单元：共 {n_units} 个单元。"
    ),
    "counterfactual.no-scores": "未测量：没有得分，只有判定。",
    "counterfactual.no-class": "未测量：在多个类别中，选项 positive 必须指明跟踪哪一个的得分。",
    "counterfactual.no-slice": "未测量：没有任何身份在至少 min_texts = {least} 段文本中得到比较。",
    "counterfactual.worst-category": (
        "{category} 的改变率最高：{n} 个反事实文本的 {per_cent} %。针对每个类别的规则按最差者判定。"
    ),
    "counterfactual.few-texts": (
        "{n} 个类别或身份在少于 {least} 段文本（min_texts）中得到比较，没有各自的切片；全部合计的数值包含它们。"
    ),
    "group-ranking.not-yet": "全部样本的面积尚未测量。",
    "group-ranking.too-few": (
        "无法估计：类别 {positive} 有 {n_positive} 个阳性样本（{where_positive:~}）和 {n_negative} 个阴性样本"
        "（{where_negative:~}）；各需要至少 {least} 个。"
    ),
    "group-ranking.too-few-to-compare": (
        "无法估计：类别 {positive} 的{kind:~}样本，群体有 {n_group} 个，其余有 {n_rest} 个；各需要至少 {least} 个。"
    ),
    "group-ranking.open": (
        "列 {column} 的群体有 {n} 个面积无法估计，因此不可能全部通过：{open:&}。"
    ),
    "group-ranking.mean-without": (
        "平均值不计列 {column} 的群体中无法估计的 {n} 个面积：{open:&}。"
    ),
    "group-ranking.lowest": (
        "在列 {column} 中，低于全部样本的面积最多的是群体 {group} 的 {kind:~}；阳性为类别 {positive}。"
    ),
    "group-ranking.none-estimable": (
        "无法估计：列 {column} 中参与比较的群体，没有一个具有足够的类别 {positive} 的阳性和阴性样本；"
        "各群体处写明了缺少什么。"
    ),
    "explanation-by-group.too-few-groups": (
        _FEW_GROUPS + "有足够已解释的行可供比较的群体不到两个。"
    ),
    "explanation-by-group.no-row": "未测量：这些行中没有一行有这样的数值。",
    "explanation-by-group.not-compared": (
        _CANNOT_PASS + "它们已解释的行少于 {least} 个、聚类太少或没有离散程度。"
    ),
    "explanation-by-group.no-rows": "未测量：没有抽到列 {column} 的群体的任何行。",
    "explanation-by-group.no-steps": "未测量：方法 {method} 没有可以细化的步骤，也不保证合计。",
    "groups.not-estimable": (
        "在 {column} 中无法估计，该比率所涉及的样本少于 {least} 个：{groups:&}。"
        "它们不参与比较；只要它们属于计划，就不可能通过。"
    ),
    "groups.low-evidence": (
        "{column} 中证据少：{groups:&} 的样本太少，即使各群体受到同样对待，比较也不可能通过。"
    ),
    "groups.not-estimable-classes": (
        "在 {column} 中，{n_classes} 个类别中的一些无法估计，该比率所涉及的样本少于 {least} 个：{groups:&}。"
        "它们在那里不参与比较；只要它们属于计划，就不可能通过。"
    ),
    "groups.low-evidence-classes": (
        "在 {column} 中，{n_classes} 个类别中的一些证据少：{groups:&} 的样本太少，"
        "即使各群体受到同样对待，比较也不可能通过。"
    ),
    "groups.in-none": (
        "{n_missing} 行没有 {column} 的值，{n_none} 行不属于它的任何群体；它们另行报告，不参与比较。"
    ),
    "group-error.too-many-groups": (
        "未测量：列 {column} 有 {n_groups} 个值，超过 max_groups = {limit}。它可能是标识符。"
    ),
    "groups.no-reference": ("未测量：计划的参照群体 {reference} 不是列 {column} 的值。{hint:~}"),
    "groups.planned-group-empty": ("无法估计：列 {column} 的计划群体 {group} 中没有行。{hint:~}"),
    "groups.excluded": "计划将列 {column} 的群体 {group} 排除在比较之外：{reason:~}",
    "group-error.small-group": "该群体有 {n} 个样本，少于 {limit} 个：区间较宽。",
    "groups.numbers": (
        "未测量：列 {column} 有 {n_groups} 个值，超过 max_groups = {limit}，并且都是数字。"
        "请声明分段：值为 18-29、30-44 之类的列。"
    ),
    "groups.no-planned-value": (
        "未测量：列 {column} 的计划群体一个都没有出现；实际的值为 {labels:&}。"
    ),
    "groups.no-value": "未测量：列 {column} 没有值。",
    "group-error.one-value": "未测量：列 {column} 只有一个已知的值，因此没有其余部分。",
    "group-error.worst-group": (
        "在列 {column} 中，错误最多的是群体 {group}：{n} 个样本中有 {wrong} 个判定错误。"
    ),
    "groups.unknown-labels": (
        "列 {column} 有 {n} 行的标签不在计划之内，计为（未知）：{labels:&}。{hint:~}"
    ),
    "groups.spellings": "列 {column} 的标签仅在大小写或空格上不同，分开计数：{labels:&}。",
    "groups.excluded-unknown": "计划排除的群体 {group} 不是列 {column} 的值。{hint:~}",
    "group-metrics.no-rows": "群体 {group} 中没有行。",
    "group-metrics.no-class": _POSITIVE,
    "group-metrics.class-of-interest": "关注类别是 {name}。",
    "groups.class-not-named": (
        "未测量：任务有 {n_classes} 个类别，而这个问题针对其中一个的得分。请用 {place} 指明。"
    ),
    "groups.class-of-interest": (
        "这里针对类别 {positive} 的得分：标签为 {positive} 的样本计为阳性，其他全部计为阴性。"
    ),
    "groups.no-such-class": ("未测量：{place} 指明了类别 {positive}，而任务没有这个类别。{hint:~}"),
    "groups.fewer-than-two": "未测量：列 {column} 中有 {least} 个样本的群体不到两个。",
    "group-calibration.too-few": (
        "无法估计：类别 {positive} 有 {n_positive} 个阳性样本和 {n_negative} 个阴性样本；"
        "合计需要 {least} 个，各需要 {least_events} 个。"
    ),
    "group-calibration.open": (
        "列 {column} 有 {n} 个群体无法估计，因此不可能全部通过：{groups:&}。"
    ),
    "group-calibration.none-estimable": (
        "无法估计：没有任何群体具有足够的阳性和阴性样本可供比较。"
    ),
    "group-calibration.pair": (
        "在列 {column} 中，类别 {positive} 的得分相对于结果，在群体 {high} 中最高，在群体 {low} 中最低。"
    ),
    "group-calibration.largest": (
        "在列 {column} 中，类别 {positive} 的平均得分离结果最远的是群体 {group}，在那里得分过{direction:~}。"
    ),
    "instrument-check.raised": (
        "{n_groups} 个群体中有 {n_small} 个少于 {least} 行，按 {least} 行处理：这里检查的是工具，而不是数据是否足够。"
    ),
    "representation.no-plan": (
        "未测量：列 {column} 没有计划群体，因此没有未知的标签。"
        "请用 groups: [{{column: {column}, values: [...]}}] 指明。"
    ),
    "representation.class": "阳性是指标签为 {name}；阴性是指其他标签。",
    "representation.not-estimable": _COUNTED,
    "representation.low-evidence": _COUNTED,
    "representation.no-labels": "未测量：各行没有标签。",
    "representation.many-classes": (
        "未测量：任务有 {n_classes} 个类别。请用 audits.representation.positive 指明关注类别。"
    ),
    "representation.no-texts": "未测量：数据集 {dataset} 没有文本。",
    "strata.no-value": "未测量：没有任何行在每个控制特征（{columns:&}）上都有值。",
    "strata.too-many": (
        "未测量：控制特征（{columns:&}）构成 {n_strata} 个层，超过 max_strata = {limit}。"
        "请声明分段：值为 short、medium、long 之类的列。"
    ),
    "strata.missing-controls": (
        "{total} 行中有 {n} 行没有某个控制特征（{columns:&}）的值，因此没有可与之比较的人：它们不计入。"
    ),
    "strata.no-control": "未测量：{name} 不是数据集的控制特征（现有 {known:&}）。{hint:~}",
    "strata.one-sided": (
        "{n_strata} 个层中有 {lost} 个只含二者之一的样本：群体 {group} 的 {of_group} 个样本中有 {n_group} 个、"
        "参照群体 {reference} 的 {of_reference} 个样本中有 {n_reference} 个没有可与之比较的人。"
    ),
    "strata.about": (
        "{rate:~}针对类别 {class_name}；在列 {column} 中，每个群体都与群体 {reference} 比较。"
    ),
    "strata.no-other-group": "未测量：列 {column} 没有可与参照群体 {reference} 比较的群体。",
    "strata.no-odds-of-clusters": (
        "未测量：共同优势比的方差将样本视为相互独立，而这里样本共有聚类或同属两个群体。差异已考虑这一点。"
    ),
    "strata.unknown-class": (
        "未测量：positive 必须是类别 {classes:&} 之一，实际为 {named}。{hint:~}"
    ),
    "strata.directions": (
        "群体 {group} 在 {above} 个层中高于参照群体 {reference}，在 {below} 个层中低于它，在 {equal} 个层中相等。"
    ),
    "strata.simpson": (
        "符号反转：不考虑控制特征时，群体 {group} 与参照群体 {reference} 相差 {plain:+.3f}，"
        "在可比的样本中相差 {pooled:+.3f}（辛普森悖论）。"
    ),
}

PHRASES: dict[str, str] = {
    "positive": "阳性",
    "negative": "阴性",
    "the subgroup AUC": "群体 AUC",
    "the BPSN AUC (positives of the rest against negatives of the group)": (
        "BPSN AUC（其余样本的阳性对群体的阴性）"
    ),
    "the BNSP AUC (positives of the group against negatives of the rest)": (
        "BNSP AUC（群体的阳性对其余样本的阴性）"
    ),
    "all classes": "全部类别",
}
