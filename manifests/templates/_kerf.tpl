{{/* Everything that the values ask for. Takes root and to (a dictionary with a list of objects). */}}
{{- define "kerf.objects" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- include "kerf.folder" (dict "root" $root "folder" "base" "to" .to) -}}
{{- if $values.mps -}}
  {{- include "kerf.folder" (dict "root" $root "folder" "mps" "to" .to) -}}
{{- end -}}
{{- range $component := $values.components -}}
  {{- if not ($root.Files.Get (printf "components/%s/kustomization.yaml" $component)) -}}
    {{- $names := list -}}
    {{- range $path, $bytes := $root.Files.Glob "components/*/kustomization.yaml" -}}
      {{- $names = append $names (base (dir $path)) -}}
    {{- end -}}
    {{- fail (printf "components has %s, and there are only %s." $component (join ", " $names)) -}}
  {{- end -}}
  {{- include "kerf.folder" (dict "root" $root "folder" (printf "components/%s" $component) "to" $.to) -}}
{{- end -}}
{{- if $values.monitoring -}}
  {{- include "kerf.folder" (dict "root" $root "folder" "monitoring" "to" .to) -}}
{{- end -}}
{{- range $patch := $values.patches -}}
  {{- include "kerf.patch" (dict "patch" (deepCopy $patch) "to" $.to) -}}
{{- end -}}
{{- range $object := .to.objects -}}
  {{- include "kerf.finish" (dict "root" $root "object" $object) -}}
{{- end -}}
{{- end -}}

{{/* What Helm's way of installing asks of single objects. */}}
{{- define "kerf.finish" -}}
{{- $object := .object -}}
{{- $name := printf "%s/%s" $object.kind $object.metadata.name -}}
{{- if and (eq $name "ConfigMap/kerf") .root.Values.settings -}}
  {{- $settings := mergeOverwrite (get $object.data "kerf.yaml" | fromYaml) (deepCopy .root.Values.settings) -}}
  {{- $_ := set $object.data "kerf.yaml" (toYaml $settings) -}}
{{- end -}}
{{- if eq $object.kind "CustomResourceDefinition" -}}
  {{- /* With the kind Team all Teams would go. */ -}}
  {{- $_ := set $object.metadata "annotations" (mergeOverwrite (default dict $object.metadata.annotations) (dict "helm.sh/resource-policy" "keep")) -}}
{{- end -}}
{{- if has $object.kind (list "Deployment" "DaemonSet") -}}
  {{- range $container := concat $object.spec.template.spec.containers (default list $object.spec.template.spec.initContainers) -}}
    {{- $_ := set $container "image" (include "kerf.image" (dict "root" $.root "name" $container.image)) -}}
  {{- end -}}
{{- end -}}
{{- if eq $name "Deployment/kerf" -}}
  {{- /* kube-scheduler reads its file once: with a change of the file the pod changes. */ -}}
  {{- $template := $object.spec.template.metadata -}}
  {{- $sum := .root.Files.Get "base/scheduler.yaml" | sha256sum -}}
  {{- $_ := set $template "annotations" (mergeOverwrite (default dict $template.annotations) (dict "checksum/scheduler" $sum)) -}}
{{- end -}}
{{- end -}}

{{/* The image of a name that the manifests use. Takes root and name. */}}
{{- define "kerf.image" -}}
{{- $mine := get .root.Values.images .name -}}
{{- if $mine -}}
{{- $mine -}}
{{- else -}}
  {{- $image := .name -}}
  {{- $published := .root.Files.Get "components/published-images/kustomization.yaml" | fromYaml -}}
  {{- range $each := $published.images -}}
    {{- if eq $each.name $.name -}}
      {{- $tag := $each.newTag -}}
      {{- if eq $each.name "kube-scheduler" -}}
        {{- /* Without what a distribution adds to the version, such as +k3s1. */ -}}
        {{- $tag = regexFind "^v[0-9]+[.][0-9]+[.][0-9]+" $.root.Capabilities.KubeVersion.Version -}}
      {{- end -}}
      {{- $image = printf "%s:%s" $each.newName $tag -}}
    {{- end -}}
  {{- end -}}
{{- $image -}}
{{- end -}}
{{- end -}}
