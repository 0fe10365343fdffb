{{- define "mailflatrate.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end -}}
{{- end }}

{{- define "mailflatrate.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The labels that select the pods of one component: (dict "root" $ "component" "web"). They never change. */}}
{{- define "mailflatrate.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "mailflatrate.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end -}}
{{- end }}

{{- define "mailflatrate.host" -}}
{{- .Values.ingress.host | default (get (urlParse .Values.settings.PUBLIC_URL) "host") -}}
{{- end }}

{{/* Settings as variables. They stand in each pod, so that a change of one renews the pods. */}}
{{- define "mailflatrate.environment" -}}
{{- range $name, $value := .Values.settings }}
- name: MAILFLATRATE_{{ $name }}
  value: {{ $value | quote }}
{{- end }}
- name: MAILFLATRATE_APP_DATABASE_URL_FILE
  value: /run/secrets/application/app_database_url
{{- if .Values.withdrawals.existingClaim }}
- name: MAILFLATRATE_WITHDRAWALS_DIR
  value: /data/withdrawals
{{- end }}
{{- range concat (list "secret_key" "token_keys") .Values.secrets.more }}
- name: MAILFLATRATE_{{ upper . }}_FILE
  value: /run/secrets/application/{{ . }}
{{- end }}
{{- end }}

{{- define "mailflatrate.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* What every pod has: (dict "root" $ "component" "web" "grace" 20). Containers and volumes follow it. */}}
{{- define "mailflatrate.podCommon" -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 20
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if not (has .component (list "migrate" "backup")) }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "mailflatrate.selector" . | nindent 8 }}
{{- end }}
{{- end }}

{{/* Image, settings, secrets and mounts of one container: (dict "root" $ "component" "web"). */}}
{{- define "mailflatrate.containerCommon" -}}
image: {{ include "mailflatrate.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext: {{- include "mailflatrate.containerSecurity" .root | nindent 2 }}
volumeMounts:
  - { name: data, mountPath: /data }
  - { name: tmp, mountPath: /tmp }
  - { name: application, mountPath: /run/secrets/application, readOnly: true }
  {{- if has .component (list "migrate" "backup") }}
  - { name: owner, mountPath: /run/secrets/owner, readOnly: true }
  {{- end }}
  {{- if and .root.Values.storage.existingClaim (has .component (list "web" "worker" "backup")) }}
  - { name: storage, mountPath: /data/storage }
  {{- end }}
  {{- if eq .component "backup" }}
  - { name: backups, mountPath: /backups }
  {{- end }}
  {{- if and .root.Values.withdrawals.existingClaim (eq .component "worker") }}
  - { name: withdrawals, mountPath: /data/withdrawals }
  {{- end }}
{{- end }}

{{/* The loop that does the work touches this file every 20 seconds. */}}
{{- define "mailflatrate.life" -}}
startupProbe:
  exec: &alive { command: [sh, -c, 'test -n "$(find /tmp/alive -mmin -1)"'] }
  periodSeconds: 5
  failureThreshold: 24
livenessProbe:
  exec: *alive
  periodSeconds: 15
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}

{{/* The exporter beside a process that serves no pages. */}}
{{- define "mailflatrate.exporter" -}}
{{- if .root.Values.metrics.enabled }}
- name: exporter
  args: [exporter]
  env:
    {{- include "mailflatrate.environment" .root | nindent 4 }}
    - { name: MAILFLATRATE_METRICS_HOST, value: 0.0.0.0 }
  ports: [{ name: metrics, containerPort: 9464 }]
  livenessProbe:
    tcpSocket: { port: metrics }
    periodSeconds: 30
  resources:
    requests: { cpu: 10m, memory: 96Mi }
    limits: { memory: 256Mi }
  {{- include "mailflatrate.containerCommon" . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Volumes of a pod; the sender's `data` is its own claim. */}}
{{- define "mailflatrate.volumes" -}}
{{- if ne .component "sender" }}
- { name: data, emptyDir: { sizeLimit: 4Gi } }
{{- end }}
- { name: tmp, emptyDir: { medium: Memory, sizeLimit: 256Mi } }
- name: application
  secret: { secretName: {{ .root.Values.secrets.application }}, defaultMode: 0440 }
{{- if has .component (list "migrate" "backup") }}
- name: owner
  secret: { secretName: {{ .root.Values.secrets.owner }}, defaultMode: 0440 }
{{- end }}
{{- if and .root.Values.storage.existingClaim (has .component (list "web" "worker" "backup")) }}
- name: storage
  persistentVolumeClaim: { claimName: {{ .root.Values.storage.existingClaim }} }
{{- end }}
{{- if eq .component "backup" }}
- name: backups
  persistentVolumeClaim: { claimName: {{ .root.Values.backup.existingClaim }} }
{{- end }}
{{- if and .root.Values.withdrawals.existingClaim (eq .component "worker") }}
- name: withdrawals
  persistentVolumeClaim: { claimName: {{ .root.Values.withdrawals.existingClaim }} }
{{- end }}
{{- end }}
