package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// cdi writes for each claim what the container runtime adds to its containers, in the form of the
// Container Device Interface. What one request holds is one CDI device, because a variable that two
// devices set has the value of the last.
type cdi struct {
	folder string
}

const cdiKind = "k8s.gpu.nvidia.com/claim"

type cdiSpec struct {
	Version string      `json:"cdiVersion"`
	Kind    string      `json:"kind"`
	Devices []cdiDevice `json:"devices"`
}

type cdiDevice struct {
	Name  string   `json:"name"`
	Edits cdiEdits `json:"containerEdits"`
}

type cdiEdits struct {
	Env   []string  `json:"env"`
	Nodes []cdiNode `json:"deviceNodes"`
}

type cdiNode struct {
	Path  string `json:"path"`
	Type  string `json:"type"`
	Major int    `json:"major"`
	Minor int    `json:"minor"`
}

func (c cdi) id(uid types.UID, request string) string {
	return cdiKind + "=" + cdiName(uid, request)
}

func cdiName(uid types.UID, request string) string {
	return string(uid) + "-" + request
}

func (c cdi) write(uid types.UID, claim claim) error {
	spec := cdiSpec{Version: "0.6.0", Kind: cdiKind}
	byRequest := map[string][]held{}
	var requests []string
	for _, one := range claim.Devices {
		if _, seen := byRequest[one.Request]; !seen {
			requests = append(requests, one.Request)
		}
		byRequest[one.Request] = append(byRequest[one.Request], one)
	}
	for _, request := range requests {
		spec.Devices = append(spec.Devices, cdiDevice{cdiName(uid, request), edits(byRequest[request])})
	}
	content, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	return replace(c.file(uid), content)
}

// edits of the devices of one request. A device node is that of /dev/null under the device's name:
// a container that opens it does no harm to the machine of the tests.
func edits(devices []held) cdiEdits {
	var names, limits []string
	all := cdiEdits{}
	for i, one := range devices {
		names = append(names, one.Device)
		if one.ShareID != "" {
			limits = append(limits, fmt.Sprintf("%d=%dM", i, one.MemoryMiB))
		}
		all.Nodes = append(all.Nodes, cdiNode{Path: "/dev/nvidia/" + one.Device, Type: "c", Major: 1, Minor: 3})
	}
	// NVIDIA's container runtime adds no device of its own where this is void.
	all.Env = []string{"NVIDIA_VISIBLE_DEVICES=void", "DRA_DEVICES=" + strings.Join(names, ",")}
	if len(limits) > 0 {
		all.Env = append(all.Env, "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT="+strings.Join(limits, ","))
	}
	return all
}

func (c cdi) remove(uid types.UID) error {
	err := os.Remove(c.file(uid))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func (c cdi) file(uid types.UID) string {
	return filepath.Join(c.folder, "k8s.gpu.nvidia.com-claim_"+string(uid)+".json")
}
