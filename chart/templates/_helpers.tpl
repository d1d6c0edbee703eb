{{/* Value of the label app.kubernetes.io/name. */}}
{{- define "vitrine.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* Name of the objects: at most 52 characters, for a Service's name has at most 63 and "-management" is behind it. */}}
{{- define "vitrine.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- .Values.fullnameOverride | default $full | trunc 52 | trimSuffix "-" -}}
{{- end }}

{{/* toYaml puts into quotes what would else be a number. */}}
{{- define "vitrine.selectorLabels" -}}
app.kubernetes.io/name: {{ include "vitrine.name" . }}
app.kubernetes.io/instance: {{ .Release.Name | toYaml }}
{{- end }}

{{- define "vitrine.versionLabel" -}}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | trimAll "-_." | quote }}
{{- end }}

{{/* Labels of every object. The chart's version is not among the pods': it would roll them for nothing. */}}
{{- define "vitrine.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "vitrine.selectorLabels" . }}
{{ include "vitrine.versionLabel" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "vitrine.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}{{ with .tag }}:{{ . }}{{ end }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end }}
{{- end }}
{{- end }}

{{- define "vitrine.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "vitrine.fullname" .) "default" .Values.serviceAccount.enabled) -}}
{{- end }}

{{/* The Service with the port "management": the one Service, unless that is reached from outside the cluster. */}}
{{- define "vitrine.managementService" -}}
{{- include "vitrine.fullname" . }}{{ eq .Values.service.type "ClusterIP" | ternary "" "-management" }}
{{- end }}

{{- define "vitrine.productsConfigMap" -}}
{{- if .Values.existingProductsConfigMap -}}
{{ .Values.existingProductsConfigMap }}
{{- else if .Values.products -}}
{{ include "vitrine.fullname" . }}-products
{{- end }}
{{- end }}

{{/* Where there is no plain HTTP, routes lead to the other port. */}}
{{- define "vitrine.backendPort" -}}
{{ .Values.http.enabled | ternary "http" "https" }}
{{- end }}

{{- define "vitrine.tlsSecret" -}}
{{ .Values.tls.existingSecret | default (printf "%s-tls" (include "vitrine.fullname" .)) }}
{{- end }}

{{/* "off" without quotes is false to YAML. */}}
{{- define "vitrine.clientCertificates" -}}
{{ .Values.tls.clientCertificates | default "off" }}
{{- end }}

{{/* The Service's names inside the cluster, as a list. */}}
{{- define "vitrine.dnsNames" -}}
{{- $name := include "vitrine.fullname" . -}}
- {{ $name }}
- {{ $name }}.{{ .Release.Namespace }}
- {{ $name }}.{{ .Release.Namespace }}.svc
- {{ $name }}.{{ .Release.Namespace }}.svc.cluster.local
{{- end }}

{{- define "vitrine.claim" -}}
{{ .Values.persistence.existingClaim | default (include "vitrine.fullname" .) }}
{{- end }}

{{/* Seconds that a preStop sleep takes from the grace period before SIGTERM. */}}
{{- define "vitrine.preStopSleep" -}}
{{- dig "preStop" "sleep" "seconds" 0 (.Values.lifecycle | default dict) -}}
{{- end }}

{{/*
The service's variables, as a map. toJson writes numbers as they are, where toString would make 1.048576e+06 of a
million, for Helm reads them all as floating point.
*/}}
{{- define "vitrine.settings" -}}
{{- $grace := sub .Values.terminationGracePeriodSeconds (include "vitrine.preStopSleep" . | int) -}}
{{- $settings := dict
  "httpPort" .Values.service.httpPort
  "managementPort" .Values.service.managementPort
  "message" .Values.message
  "logLevel" .Values.logLevel
  "logFormat" .Values.logFormat
  "drainDelay" .Values.drain.delay
  "drainTimeout" .Values.drain.timeout
  "drainIdle" .Values.drain.idle
  "gracePeriod" $grace -}}
{{- if include "vitrine.productsConfigMap" . }}
{{- $_ := set $settings "products" "/etc/vitrine/products/products.json" }}
{{- else if .Values.persistence.enabled }}
{{- $_ := set $settings "products" "/var/lib/vitrine/products.json" }}
{{- end }}
{{- range list "faults" "diagnostics" }}
{{- if (index $.Values .).enabled }}
{{- $_ := set $settings . true }}
{{- end }}
{{- end }}
{{- if .Values.database.existingSecret }}
{{- $_ := set $settings "databaseUrlFile" (printf "/etc/vitrine/database/%s" .Values.database.key) }}
{{- end }}
{{- if .Values.cache.existingSecret }}
{{- $_ := set $settings "cacheUrlFile" (printf "/etc/vitrine/cache/%s" .Values.cache.key) }}
{{- end }}
{{- if .Values.writes.existingSecret }}
{{- $_ := set $settings "writeTokenFile" (printf "/etc/vitrine/tokens/%s" .Values.writes.key) }}
{{- end }}
{{- if .Values.tls.enabled }}
{{- $_ := set $settings "httpsPort" .Values.service.httpsPort }}
{{- $_ := set $settings "tlsCertificate" "/etc/vitrine/tls/tls.crt" }}
{{- $_ := set $settings "tlsKey" "/etc/vitrine/tls/tls.key" }}
{{- if ne (include "vitrine.clientCertificates" .) "off" }}
{{- $_ := set $settings "tlsClientCertificates" .Values.tls.clientCertificates }}
{{- $_ := set $settings "tlsClientCa" (printf "/etc/vitrine/client-ca/%s" .Values.tls.clientCA.key) }}
{{- end }}
{{- end }}
{{- if not .Values.http.enabled }}
{{- $_ := set $settings "http" false }}
{{- end }}
{{- range $name, $value := merge $settings .Values.config }}
VITRINE_{{ snakecase $name | upper }}: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
{{- end }}
{{- end }}

{{/* The ports of the service as a NetworkPolicy has them. */}}
{{- define "vitrine.policyPorts" -}}
{{- if .Values.http.enabled }}
- port: http
  protocol: TCP
{{- end }}
{{- if .Values.tls.enabled }}
- port: https
  protocol: TCP
{{- end }}
{{- end }}

{{/* The Secrets that are mounted, each as a folder: volume and folder by the value's name. */}}
{{- define "vitrine.secrets" -}}
{{- with .Values.database.existingSecret }}
database: {{ toYaml . }}
{{- end }}
{{- with .Values.cache.existingSecret }}
cache: {{ toYaml . }}
{{- end }}
{{- with .Values.writes.existingSecret }}
tokens: {{ toYaml . }}
{{- end }}
{{- end }}

{{- define "vitrine.egressToDNS" -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
  ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
{{- end }}

{{/* What the schema cannot say, for it looks at one value at a time. */}}
{{- define "vitrine.check" -}}
{{- $sleep := include "vitrine.preStopSleep" . | int -}}
{{- $needed := addf .Values.drain.delay .Values.drain.timeout $sleep -}}
{{- if le (float64 .Values.terminationGracePeriodSeconds) $needed }}
{{- fail (printf "terminationGracePeriodSeconds is %v, but must exceed %v: drain.delay, drain.timeout and lifecycle.preStop.sleep together; else the kubelet kills what is still being drained." .Values.terminationGracePeriodSeconds $needed) }}
{{- end }}
{{- if eq .Values.service.httpPort .Values.service.managementPort }}
{{- fail (printf "service.managementPort must differ from service.httpPort, both are %v." .Values.service.httpPort) }}
{{- end }}
{{- include "vitrine.checkTLS" . -}}
{{- if and .Values.products .Values.existingProductsConfigMap }}
{{- fail "products and existingProductsConfigMap exclude each other." }}
{{- end }}
{{- if and .Values.cache.existingSecret (not .Values.database.existingSecret) }}
{{- fail "cache.existingSecret needs database.existingSecret: it stands in front of that." }}
{{- end }}
{{- if and .Values.database.existingSecret (or (include "vitrine.productsConfigMap" .) .Values.persistence.enabled) }}
{{- fail "database.existingSecret excludes products, existingProductsConfigMap and persistence.enabled: there is one catalogue." }}
{{- end }}
{{- with .Values.persistence }}
{{- if .enabled }}
{{- if include "vitrine.productsConfigMap" $ }}
{{- fail "persistence.enabled excludes products and existingProductsConfigMap: nothing can be written there." }}
{{- end }}
{{- if or (gt (int $.Values.replicaCount) 1) $.Values.hpa.enabled }}
{{- fail "persistence.enabled needs replicaCount 1 and no hpa: a second pod would wait for the volume, or for the first one's lock." }}
{{- end }}
{{- if ne $.Values.strategy.type "Recreate" }}
{{- fail "persistence.enabled needs strategy.type Recreate: a new pod cannot have the volume before the old one has gone." }}
{{- end }}
{{- if not $.Values.writes.existingSecret }}
{{- fail "persistence.enabled needs writes.existingSecret: without a token nobody can change what is kept." }}
{{- end }}
{{- end }}
{{- end }}
{{- if kindIs "string" .Values.products }}
{{- $_ := .Values.products | default "[]" | mustFromJson }}
{{- end }}
{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled }}
{{- fail "serviceMonitor and podMonitor exclude each other: every pod would be scraped twice." }}
{{- end }}
{{- if not .Values.service.enabled }}
{{- range list "ingress" "httpRoute" "serviceMonitor" }}
{{- if (index $.Values .).enabled }}
{{- fail (printf "%s.enabled needs service.enabled." .) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}
{{- fail "httpRoute.enabled needs httpRoute.parentRefs: a route without a Gateway is reached by nobody." }}
{{- end }}
{{- with .Values.hpa }}
{{- if .enabled }}
{{- if gt (int (.minReplicas | default $.Values.replicaCount)) (int .maxReplicas) }}
{{- fail (printf "hpa.maxReplicas is %v, less than the fewest pods: hpa.minReplicas, or else replicaCount." .maxReplicas) }}
{{- end }}
{{- if not (or .cpu .memory .requests .metrics) }}
{{- fail "hpa.enabled needs a metric: hpa.cpu, hpa.memory, hpa.requests or hpa.metrics." }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "vitrine.checkTLS" -}}
{{- with .Values.tls }}
{{- if and .enabled (not (or .existingSecret .certManager.enabled)) }}
{{- fail "tls.enabled needs tls.existingSecret or tls.certManager.enabled: there is no certificate." }}
{{- end }}
{{- if and .existingSecret .certManager.enabled }}
{{- fail "tls.existingSecret and tls.certManager.enabled exclude each other." }}
{{- end }}
{{- if and .certManager.enabled (not .enabled) }}
{{- fail "tls.certManager.enabled needs tls.enabled." }}
{{- end }}
{{- if and .certManager.enabled (not .certManager.issuerRef.name) }}
{{- fail "tls.certManager.enabled needs tls.certManager.issuerRef.name: nobody would sign the certificate." }}
{{- end }}
{{- $ca := .clientCA }}
{{- if ne (include "vitrine.clientCertificates" $) "off" }}
{{- if not .enabled }}
{{- fail "tls.clientCertificates needs tls.enabled." }}
{{- end }}
{{- if not (or $ca.existingSecret $ca.existingConfigMap) }}
{{- fail "tls.clientCertificates needs tls.clientCA.existingSecret or tls.clientCA.existingConfigMap, to check them by." }}
{{- end }}
{{- else if or $ca.existingSecret $ca.existingConfigMap }}
{{- fail "tls.clientCA needs tls.clientCertificates: nobody is asked for one." }}
{{- end }}
{{- if and $ca.existingSecret $ca.existingConfigMap }}
{{- fail "tls.clientCA.existingSecret and tls.clientCA.existingConfigMap exclude each other." }}
{{- end }}
{{- end }}
{{- if not (or .Values.http.enabled .Values.tls.enabled) }}
{{- fail "http.enabled=false needs tls.enabled: nothing would be served." }}
{{- end }}
{{- if .Values.tls.enabled }}
{{- range list "httpPort" "managementPort" }}
{{- if eq (index $.Values.service .) $.Values.service.httpsPort }}
{{- fail (printf "service.httpsPort must differ from service.%s, both are %v." . $.Values.service.httpsPort) }}
{{- end }}
{{- end }}
{{- if and .Values.http.enabled (eq .Values.service.externalPort .Values.service.httpsExternalPort) }}
{{- fail (printf "service.httpsExternalPort must differ from service.externalPort, both are %v." .Values.service.externalPort) }}
{{- end }}
{{- end }}
{{- end }}
