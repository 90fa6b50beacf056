{{/*
As much of kustomize as the folders base, mps, monitoring and components use, so that Helm and kustomize install the same
from one source. A field that is not known here ends the rendering: it must not be lost in silence. HelmChartTest compares
what both render.

A template cannot return an object. What is found is therefore put into a dictionary of the caller's.
*/}}

{{/* Reads one folder. Takes root (the chart's context), folder, and to (a dictionary with a list of objects). */}}
{{- define "kerf.folder" -}}
{{- $kustomization := .root.Files.Get (printf "%s/kustomization.yaml" .folder) | fromYaml -}}
{{- include "kerf.known" (dict "of" $kustomization "in" .folder "fields" (list "apiVersion" "kind" "namespace" "labels" "resources" "configMapGenerator" "patches" "images")) -}}
{{- range $kustomization.labels -}}
  {{- include "kerf.known" (dict "of" . "in" $.folder "fields" (list "pairs")) -}}
{{- end -}}
{{- range $kustomization.configMapGenerator -}}
  {{- include "kerf.known" (dict "of" . "in" $.folder "fields" (list "name" "namespace" "files" "options" "behavior")) -}}
  {{- include "kerf.known" (dict "of" .options "in" $.folder "fields" (list "disableNameSuffixHash" "labels")) -}}
{{- end -}}
{{- range $kustomization.patches -}}
  {{- include "kerf.known" (dict "of" . "in" $.folder "fields" (list "path" "patch" "target")) -}}
{{- end -}}
{{- $found := dict "objects" list -}}
{{- range $file := $kustomization.resources -}}
  {{- include "kerf.file" (dict "root" $.root "file" (printf "%s/%s" $.folder $file) "to" $found) -}}
{{- end -}}
{{- $merged := dict "objects" list -}}
{{- range $generator := $kustomization.configMapGenerator -}}
  {{- $behavior := default "create" $generator.behavior -}}
  {{- if not (has $behavior (list "create" "merge")) -}}
    {{- fail (printf "%s/kustomization.yaml has behavior: %s, which the chart does not know." $.folder $behavior) -}}
  {{- end -}}
  {{- $to := ternary $merged $found (eq $behavior "merge") -}}
  {{- include "kerf.configMap" (dict "root" $.root "folder" $.folder "generator" $generator "to" $to) -}}
{{- end -}}
{{- range $object := $found.objects -}}
  {{- with $kustomization.namespace -}}{{- $_ := set $object.metadata "namespace" . -}}{{- end -}}
  {{- range $labels := $kustomization.labels -}}
    {{- $_ := set $object.metadata "labels" (mergeOverwrite (default dict $object.metadata.labels) $labels.pairs) -}}
  {{- end -}}
{{- end -}}
{{- $_ := set .to "objects" (concat .to.objects $found.objects) -}}
{{- range $change := $merged.objects -}}
  {{- include "kerf.patch" (dict "patch" $change "to" $.to) -}}
{{- end -}}
{{- range $patch := $kustomization.patches -}}
  {{- $text := $patch.patch -}}
  {{- with $patch.path -}}{{- $text = $.root.Files.Get (printf "%s/%s" $.folder .) -}}{{- end -}}
  {{- $changes := dict "objects" list -}}
  {{- include "kerf.documents" (dict "text" $text "name" (printf "%s/kustomization.yaml" $.folder) "to" $changes) -}}
  {{- range $change := $changes.objects -}}
    {{- include "kerf.patch" (dict "patch" $change "to" $.to) -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{/* Fails on a field that is not known. Takes of, in (the folder) and fields. */}}
{{- define "kerf.known" -}}
{{- range $field, $value := .of -}}
  {{- if not (has $field $.fields) -}}
    {{- fail (printf "%s/kustomization.yaml has the field %s, which the chart does not know." $.in $field) -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{/* Reads the objects of one file of the chart. */}}
{{- define "kerf.file" -}}
{{- $text := .root.Files.Get .file -}}
{{- if not $text -}}{{- fail (printf "%s is not in the chart." .file) -}}{{- end -}}
{{- include "kerf.documents" (dict "text" $text "name" .file "to" .to) -}}
{{- end -}}

{{/* Reads the objects of a text of YAML documents. */}}
{{- define "kerf.documents" -}}
{{- range $document := regexSplit "(?m)^---\\s*$" .text -1 -}}
  {{- $object := fromYaml $document -}}
  {{- if hasKey $object "Error" -}}{{- fail (printf "%s: %s" $.name $object.Error) -}}{{- end -}}
  {{- if $object -}}{{- $_ := set $.to "objects" (append $.to.objects $object) -}}{{- end -}}
{{- end -}}
{{- end -}}

{{/* Makes a ConfigMap from files. Its name stays: the pod carries a checksum instead of a name with a hash. */}}
{{- define "kerf.configMap" -}}
{{- $data := dict -}}
{{- range $entry := .generator.files -}}
  {{- $parts := splitList "=" $entry -}}
  {{- $file := printf "%s/%s" $.folder (last $parts) -}}
  {{- $text := $.root.Files.Get $file -}}
  {{- if not $text -}}{{- fail (printf "%s is not in the chart." $file) -}}{{- end -}}
  {{- $_ := set $data (base (first $parts)) $text -}}
{{- end -}}
{{- $metadata := dict "name" .generator.name -}}
{{- with .generator.namespace -}}{{- $_ := set $metadata "namespace" . -}}{{- end -}}
{{- with .generator.options -}}{{- with .labels -}}{{- $_ := set $metadata "labels" . -}}{{- end -}}{{- end -}}
{{- $object := dict "apiVersion" "v1" "kind" "ConfigMap" "metadata" $metadata "data" $data -}}
{{- $_ := set .to "objects" (append .to.objects $object) -}}
{{- end -}}

{{/* Changes the object that a patch names by kind and name, or removes it. Takes patch and to. */}}
{{- define "kerf.patch" -}}
{{- $patch := .patch -}}
{{- $kept := list -}}
{{- $hit := false -}}
{{- range $object := .to.objects -}}
  {{- $same := and (eq $object.kind $patch.kind) (eq $object.metadata.name $patch.metadata.name) -}}
  {{- if not $same -}}
    {{- $kept = append $kept $object -}}
  {{- else -}}
    {{- $hit = true -}}
    {{- if not (hasKey $patch "$patch") -}}
      {{- include "kerf.merge" (dict "into" $object "patch" $patch) -}}
      {{- $kept = append $kept $object -}}
    {{- else if ne (get $patch "$patch") "delete" -}}
      {{- fail (printf "The patch of %s %s has $patch: %s, which the chart does not know." $patch.kind $patch.metadata.name (get $patch "$patch")) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- if not $hit -}}
  {{- fail (printf "A patch is for %s %s, which is not in the chart." $patch.kind $patch.metadata.name) -}}
{{- end -}}
{{- $_ := set .to "objects" $kept -}}
{{- end -}}

{{/* A strategic merge. Lists whose items have a key are merged by it; every other list is replaced. */}}
{{- define "kerf.merge" -}}
{{- $into := .into -}}
{{- $keys := dict "containers" "name" "initContainers" "name" "env" "name" "volumes" "name" "volumeMounts" "mountPath" "webhooks" "name" "imagePullSecrets" "name" -}}
{{- range $field, $value := .patch -}}
  {{- $before := get $into $field -}}
  {{- if and (kindIs "map" $value) (kindIs "map" $before) -}}
    {{- include "kerf.merge" (dict "into" $before "patch" $value) -}}
  {{- else if and (kindIs "slice" $value) (kindIs "slice" $before) (hasKey $keys $field) -}}
    {{- include "kerf.mergeList" (dict "into" $into "field" $field "items" $value "key" (get $keys $field)) -}}
  {{- else if kindIs "invalid" $value -}}
    {{- $_ := unset $into $field -}}
  {{- else -}}
    {{- $_ := set $into $field $value -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{- define "kerf.mergeList" -}}
{{- $into := .into -}}
{{- $new := list -}}
{{- range $item := .items -}}
  {{- $known := false -}}
  {{- range $there := get $into $.field -}}
    {{- if eq (toString (get $there $.key)) (toString (get $item $.key)) -}}
      {{- $known = true -}}
      {{- include "kerf.merge" (dict "into" $there "patch" $item) -}}
    {{- end -}}
  {{- end -}}
  {{- if not $known -}}{{- $new = append $new $item -}}{{- end -}}
{{- end -}}
{{- $_ := set $into .field (concat $new (get $into .field)) -}}
{{- end -}}
