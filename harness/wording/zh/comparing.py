"""What ``assay compare`` and ``assay mitigate`` say, in Chinese."""

from __future__ import annotations

_PAIRED = "（成对比较；变化的 90 % 区间为 {low:+.3f} 至 {high:+.3f}）"

SAID: dict[str, str] = {
    "compare.not-derived": "未作成对比较：{slice:~}的 {measure} 不能仅由已存储的预测得出。",
    "compare.named-twice": "{ref} 与 {first} 逐字节相同，是同一次运行，表中只列一次。",
    "compare.no-groups": (
        "未作成对比较：两次运行都没有个人数据部分，因此不知道数据集 {dataset} 的各行属于哪个群体。"
    ),
    "compare.no-scores": "未作成对比较：{measure} 需要得分，而其中一次运行没有得分。",
    "compare.other-version": (
        "未比较：运行 {run} 以该审计的版本 {version} 测量 {measure}，而这里只能由已存储的预测得出版本 {mirrored}。"
    ),
    "compare.absent": "未比较：运行 {run} 在同一切片上没有 {measure} 的度量。",
    "compare.disagrees": (
        "未作成对比较：由已存储的预测得出的 {measure} 与运行所测量的不同，因此差异说的是别的内容。"
    ),
    "compare.derived-again": (
        "运行 {run} 以该审计的版本 {version:~} 或其他选项测量。其数值已由其存储的预测重新得出。"
    ),
    "compare.groups-left-out": "{column} 中分母少于 {least} 行的群体不参与：{groups:&}。",
    "compare.other-rows": "未比较：数据集 {dataset} 中没有运行 {run} 所测量的各行。",
    "compare.other-classes": "未比较：运行 {run} 在其他类别之间判定。",
    "compare.no-predictions": (
        "未比较：运行 {first} 和 {second} 存储的预测针对的不是数据集 {dataset} 的相同各行。"
    ),
    "compare.no-clusters": (
        "未比较：数据集 {dataset} 的各行共有聚类，而两次运行都没有说明聚类的个人数据部分。"
    ),
    "compare.set-not-comparable": "{letter}，数据集 {dataset}：不可比较。{why:~}",
    "compare.other-learnt-rows": (
        "{letter}：{dataset} 中的行与 A 不同。相关数值并列显示，各自针对自己的行。"
    ),
    "compare.other-devices": "时间是在不同的设备（{devices:&}）上测得的，不能说明模型的情况。",
    "compare.changed": "{dataset} 的 {n} 行中，{letter} 有 {changed} 行的判定与 A 不同。",
    "compare.changed-way": "只有 A 判定与标签一致：{lost}；只有 {letter} 一致：{won}。",
    "compare.worse-for": "{letter} 对 {slice:~} 更差：错误 {difference}（{dataset}）。",
    "compare.read-me": (
        "差异针对相同的行，均为减去 A 所得，两端水平各为 95 %。“更好”和“更差”：平均而言，"
        "这些说法中每 100 个最多有 5 个出于偶然（Benjamini-Hochberg，{n} 项差异）。"
        "未成对：该指标不能仅由已存储的预测得出，或尚无成对的方法（校准误差、多类别的曲线下面积）。"
    ),
    "compare.small-cells": "不显示少于 {k} 行的群体的数值。",
    "mitigation.levelling-down": (
        "{dataset} 上出现拉低：处境最好的群体（{best}）的 {rate} 从 {best_before:.3f} 变为 {best_after:.3f}，"
        "变差{evidence:~}；处境最差的群体（{worst}）从 {worst_before:.3f} 变为 {worst_after:.3f}，没有变好。"
    ),
    "mitigation.difference-grew": (
        "在 {dataset} 上，{measure}（{slice:~}）从 {before:.3f} 增大到 {after:.3f}"
        "（变化的 90 % 区间为 {low:+.3f} 至 {high:+.3f}）。"
    ),
    "mitigation.needs-group": "每次判定都要用到当事人的群体：没有它，{method} 无法判定。",
    "mitigation.needs-no-group": "判定时不需要当事人的群体（{method}）。",
    "mitigation.not-chosen": "无法说明验证集上的最大差异：有足够行数的群体不到两个。",
    "mitigation.no-better": "在验证集上，最大差异没有变小（{before:.3f} 变为 {after:.3f}）。",
    "mitigation.too-dear": (
        "没有任何候选方案使验证集上的平衡准确率保持在 {max_loss:.3f} 以内：之前为 {before:.3f}，"
        "其中最好的为 {after:.3f}。以此代价换来较小的差异不是补救。"
    ),
    "mitigation.no-group": "有 {n} 行的群体缺失或不在验证集中，其判定与以前相同。",
    "mitigation.of-deduplication": "用不同的词说相同内容的行不算重复行，仍像以前一样被学习。",
    "mitigation.of-scrubbing": (
        "只替换了检测器找到的内容：姓名以及用文字写出的数值可能仍在其中。被清除的值有时可以从上下文猜回。"
    ),
    "mitigation.of-private-training": (
        "隐私训练限制一行所能改变的程度（epsilon {epsilon:g}）。出现在许多行中的内容仍会被学习；"
        "有 k 行的人的 epsilon 是其 k 倍。"
    ),
    "mitigation.looks": (
        "现已在这些测试行上评判了 {n} 个模型，每一个都是在看到前一个之后选定的。其结果偏向所期望的内容："
        "请在没有人看过的行上评判将要投入使用的模型。"
    ),
    "mitigation.no-denominator": "某个群体的分母中没有任何行。",
    "mitigation.few-rows": "{n} 行看不出各行之间的变化。",
    "mitigation.few-changes": "{n_changed} 个聚类中的判定有变化；少于 {least} 个看不出变化如何聚集。",
    "mitigation.few-clusters": "{m} 个聚类太少，无法说明其变化程度；需要 {least} 个。",
    "mitigation.absent": "{replicates} 次抽取中有 {bad} 次某个群体的分母中没有任何行。",
    "mitigation.won": "改善：{title:~}（{measure}{where}）从 {before:~} 变为 {after:~}。",
    "mitigation.lost": "变差：{title:~}（{measure}{where}）从 {before:~} 变为 {after:~}。",
    "mitigation.unchanged": "不变：{title:~}（{measure}{where}），{after:~}。",
    "mitigation.unknown-change": (
        "不明：{title:~}（{measure}{where}）之前为 {before:~}，现为 {after:~}。"
    ),
    "mitigation.undecided": (
        "未定：{title:~}（{measure}{where}）从 {before:~} 变为 {after:~}；可能出于偶然。"
    ),
    "mitigation.more": "另有 {n} 项关于{about:~}的指标变化超出偶然，其中 {n_worse} 项变差。",
    "mitigation.unknown": "不明：{where} 上的{title:~}。",
    "mitigation.in-pairs": (
        "{word:~}：{where} 上的{title:~}从 {before:.3f} 变为 {after:.3f}" + _PAIRED + "。"
    ),
    "mitigation.nothing-changed": "没有任何指标的变化超出偶然。",
}

PHRASES: dict[str, str] = {
    "Won": "改善",
    "Lost": "变差",
    "Unchanged as far as can be told": "就所能判断的而言不变",
    "(its interval includes no change)": "（其区间包含没有变化）",
    "leakage": "泄露",
    "utility or differences between groups": "效用或群体之间的差异",
    "unknown": "未知",
    "not measured": "未测量",
}
