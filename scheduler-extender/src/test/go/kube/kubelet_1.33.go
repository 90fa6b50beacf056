//go:build kube1.33

package main

import (
	"github.com/spf13/cobra"
	"k8s.io/kubernetes/cmd/kubelet/app"
)

// Until 1.33 this command made its own context.
func newKubelet() *cobra.Command {
	return app.NewKubeletCommand()
}
