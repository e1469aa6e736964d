{{/* Where the pods stand. */}}
{{- define "overlay.namespace" -}}
{{- if .Values.overlay.createNamespace }}{{ .Values.overlay.namespace }}{{ else }}{{ .Release.Namespace }}{{ end -}}
{{- end -}}

{{- define "overlay.image" -}}
{{ .Values.flannel.image.repository }}:{{ .Values.flannel.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "overlay.cniImage" -}}
{{- with .Values.flannel.flannel_cni.image }}{{ if .repository }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ else }}{{ include "overlay.image" $ }}{{ end }}{{ end -}}
{{- end -}}

{{/* net-conf.json is made as data and written as JSON, so that no value can break its syntax. */}}
{{- define "overlay.netConf" -}}
{{- $flannel := .Values.flannel -}}
{{- $backend := dict "Type" $flannel.backend -}}
{{- if eq $flannel.backend "vxlan" -}}
{{- if $flannel.backendPort }}{{ $_ := set $backend "Port" (int $flannel.backendPort) }}{{ end -}}
{{- if $flannel.vni }}{{ $_ := set $backend "VNI" (int $flannel.vni) }}{{ end -}}
{{- if $flannel.mtu }}{{ $_ := set $backend "MTU" (int $flannel.mtu) }}{{ end -}}
{{- if $flannel.GBP }}{{ $_ := set $backend "GBP" true }}{{ end -}}
{{- if $flannel.directRouting }}{{ $_ := set $backend "DirectRouting" true }}{{ end -}}
{{- if $flannel.macPrefix }}{{ $_ := set $backend "MacPrefix" $flannel.macPrefix }}{{ end -}}
{{- else if eq $flannel.backend "wireguard" -}}
{{- if $flannel.backendPort }}{{ $_ := set $backend "ListenPort" (int $flannel.backendPort) }}{{ end -}}
{{- if $flannel.backendPortv6 }}{{ $_ := set $backend "ListenPortV6" (int $flannel.backendPortv6) }}{{ end -}}
{{- if $flannel.mtu }}{{ $_ := set $backend "MTU" (int $flannel.mtu) }}{{ end -}}
{{- if $flannel.psk }}{{ $_ := set $backend "PSK" $flannel.psk }}{{ end -}}
{{- if $flannel.tunnelMode }}{{ $_ := set $backend "Mode" $flannel.tunnelMode }}{{ end -}}
{{- if $flannel.keepaliveInterval }}{{ $_ := set $backend "PersistentKeepaliveInterval" (int $flannel.keepaliveInterval) }}{{ end -}}
{{- end -}}
{{- $backend = merge $backend .Values.overlay.backendSettings -}}
{{- $conf := dict "EnableNFTables" $flannel.enableNFTables "Backend" $backend -}}
{{- if .Values.podCidr }}{{ $_ := set $conf "Network" .Values.podCidr }}{{ else }}{{ $_ := set $conf "EnableIPv4" false }}{{ end -}}
{{- if .Values.podCidrv6 }}{{ $_ := set $conf "EnableIPv6" true }}{{ $_ := set $conf "IPv6Network" .Values.podCidrv6 }}{{ end -}}
{{- $conf | toPrettyJson -}}
{{- end -}}
