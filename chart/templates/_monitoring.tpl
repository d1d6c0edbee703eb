{{/* The file `.file` with this release's objectives in place of its own: each stands in the line of the series that it judges. */}}
{{- define "vitrine.withObjectives" -}}
{{- $values := .context.Values.prometheusRule -}}
{{- $text := .context.Files.Get .file -}}
{{- range $what, $objective := dict "failed" $values.availabilityObjective "slow" $values.latencyObjective -}}
{{- $text = regexReplaceAll (printf "(http_requests_%s:.*\\(1 - )[0-9.]+" $what) $text (printf "${1}%v" $objective) -}}
{{- end -}}
{{- $text -}}
{{- end -}}

{{/* A quantity of memory in bytes: 67108864 for "64Mi"; without a limit no use comes near it. */}}
{{- define "vitrine.bytes" -}}
{{- $units := dict "" 1 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $unit := regexFind "[A-Za-z]*$" . -}}
{{- if . }}{{ mulf (trimSuffix $unit . | float64) (get $units $unit) | int64 }}{{ else }}Inf{{ end -}}
{{- end -}}
