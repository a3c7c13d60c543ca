# Reads gate-input.json (assay report RUN --format gate-input) and decides on a release.
#
# It fails closed: nothing is allowed unless every fact below is there and holds. A field that is
# missing, misspelt or of another type makes its fact undefined, and what is undefined is denied.
# Never write a rule that denies only what it finds: an empty document would pass.
#
#   opa eval --fail-defined -i gate-input.json -d release.rego 'data.modelassay.release.deny[x]'
#   opa eval -f pretty -i gate-input.json -d release.rego 'data.modelassay.release.allow'
#
# The exit code of `assay gate` decides first; this file is for conditions of your own on top of it.
package modelassay.release

import rego.v1

default allow := false

allow if count(deny) == 0

# one line for each fact: the reason, and when it does not hold
deny contains "The document is no modelassay/gate-input/v1." if not is_known
deny contains "The verdict is neither pass nor pass-with-warnings." if not has_passed
deny contains "The exit code of the gate is not 0." if not has_exit_code_of_a_pass
deny contains "Verdict and findings contradict each other." if not agrees
deny contains "The verdict is exploratory, or nobody said whether it is." if not is_confirmatory
deny contains "The policy is a draft." if not is_final
deny contains "One person may do everything, or nobody said who may." if not is_of_several
deny contains "The run used a sample of the rows." if not is_whole
deny contains "A blocking rule has no answer or failed." if not blocking_rules_hold
deny contains "A waiver is not in force, or ends within 7 days." if not waivers_hold
deny contains "The weights have no digest." if not names_weights

is_known if input.schema_version == "modelassay/gate-input/v1"

has_passed if input.verdict == "pass"

has_passed if input.verdict == "pass-with-warnings"

has_exit_code_of_a_pass if input.exit_code == 0

agrees if {
	is_array(input.findings)
	count(input.findings) > 0
	some_judged
	every_finding_is_whole
}

some_judged if {
	some finding in input.findings
	finding.outcome in {"passed", "waived"}
}

every_finding_is_whole if {
	every finding in input.findings {
		is_string(finding.rule)
		finding.rule != ""
		finding.severity in {"block", "warn", "info"}
		finding.outcome in {
			"passed", "failed", "inconclusive", "not-measured",
			"error", "not-applicable", "waived",
		}
	}
}

is_confirmatory if input.is_exploratory == false

# why it is exploratory, beside the reason above: data.modelassay.release.why
why contains "The policy was not fixed before the run." if {
	some reason in input.why_exploratory
	reason == "exploratory"
}

why contains "Nobody is known to have released the baseline run." if {
	some reason in input.why_exploratory
	reason == "baseline-run"
}

is_final if input.is_draft == false

is_of_several if input.is_single_person == false

is_whole if input.is_sample == false

blocking_rules_hold if {
	every finding in input.findings {
		holds(finding)
	}
}

holds(finding) if finding.severity in {"warn", "info"}

holds(finding) if {
	finding.severity == "block"
	finding.outcome in {"passed", "waived", "not-applicable"}
}

waivers_hold if {
	is_array(input.waivers)
	every waiver in input.waivers {
		stands(waiver)
	}
}

stands(waiver) if waiver.state == "unused"

stands(waiver) if {
	waiver.state == "in-force"
	is_number(waiver.days_left) # a text is greater than every number
	waiver.days_left > 7
}

names_weights if {
	is_string(input.run.weights_digest)
	count(input.run.weights_digest) == 64
}
