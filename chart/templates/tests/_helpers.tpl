{{/* No Service selects these: a pod of `helm test` gets no traffic. */}}
{{- define "vitrine.testLabels" -}}
app.kubernetes.io/name: {{ include "vitrine.name" . | trunc 58 }}-test
app.kubernetes.io/instance: {{ .Release.Name | toYaml }}
{{- end }}

{{/* The id of a product in the catalogue; empty where only the user knows one, or where it may be gone by now. */}}
{{- define "vitrine.testProduct" -}}
{{- if not (or .Values.existingProductsConfigMap .Values.database.existingSecret .Values.persistence.enabled) }}
{{- $catalogue := .Values.products | default (list (dict "id" "vitrine-mini")) }}
{{- if kindIs "string" $catalogue }}
{{- $catalogue = mustFromJson $catalogue }}
{{- end }}
{{- if kindIs "map" $catalogue }}
{{- $catalogue = $catalogue.items }}
{{- end }}
{{- with first $catalogue }}{{ .id }}{{ end }}
{{- end }}
{{- end }}
