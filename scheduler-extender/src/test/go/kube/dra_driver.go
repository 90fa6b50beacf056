//go:build dra_driver

// Keeps what ../dra-driver needs in the go.mod of a Kubernetes version, for ../add-version.
package main

import _ "k8s.io/dynamic-resource-allocation/kubeletplugin"
