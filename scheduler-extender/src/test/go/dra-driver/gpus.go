package main

import (
	"fmt"
	"maps"
	"strings"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/dynamic-resource-allocation/resourceslice"
	"k8s.io/utils/ptr"
)

const (
	memoryMiB    = 81152
	memorySlices = 8
	product      = "NVIDIA H100 80GB HBM3"
)

// engines are the parts of a GPU besides its memory, by the names that NVIDIA's driver gives their
// counters.
type engines struct {
	multiprocessors, copies, decoders, jpegs, opticalFlows int64
}

// profile is a MIG profile of an H100 with 80 GB, with the id and the starts of NVIDIA's driver.
type profile struct {
	name   string
	id     int
	size   int
	starts []int
	memory int64
	engines
}

var whole = engines{132, 8, 7, 7, 1}

var profiles = []profile{
	{"1g.10gb", 19, 1, []int{0, 1, 2, 3, 4, 5, 6}, 9984, engines{16, 1, 1, 1, 0}},
	{"1g.10gb+me", 20, 1, []int{0, 1, 2, 3, 4, 5, 6}, 9984, engines{16, 1, 1, 1, 1}},
	{"1g.20gb", 15, 2, []int{0, 2, 4, 6}, 20096, engines{26, 1, 1, 1, 0}},
	{"2g.20gb", 14, 2, []int{0, 2, 4}, 20096, engines{32, 2, 2, 2, 0}},
	{"3g.40gb", 9, 4, []int{0, 4}, 40448, engines{60, 3, 3, 3, 0}},
	{"4g.40gb", 5, 4, []int{0}, 40448, engines{64, 4, 4, 4, 0}},
	{"7g.80gb", 0, 8, []int{0}, 81152, engines{132, 8, 7, 7, 1}},
}

// kind says how a GPU can be handed out.
type kind string

const (
	// dynamic: whole, or as any MIG instance that does not exist before it is prepared.
	dynamic kind = "dynamic"
	// plain: whole alone.
	plain kind = "whole"
	// shared: in parts of its memory, to several claims at once.
	shared kind = "shared"
)

func kinds(flag string) ([]kind, error) {
	var all []kind
	for _, word := range strings.Split(flag, ",") {
		switch one := kind(word); one {
		case dynamic, plain, shared:
			all = append(all, one)
		default:
			return nil, fmt.Errorf("--gpus has %q, which is none of %s, %s, %s", word, dynamic, plain, shared)
		}
	}
	return all, nil
}

// slicesOf is everything that the driver publishes for a node: for each GPU its devices and, in a
// slice of their own, the counters that they share.
func slicesOf(gpus []kind) []resourceslice.Slice {
	var all []resourceslice.Slice
	for minor, kind := range gpus {
		if kind == dynamic {
			all = append(all, resourceslice.Slice{SharedCounters: []resourceapi.CounterSet{
				{Name: counterSet(minor), Counters: counters(memoryMiB, whole, 0, memorySlices)},
			}})
		}
		all = append(all, resourceslice.Slice{Devices: devices(minor, kind)})
	}
	return all
}

func devices(minor int, kind kind) []resourceapi.Device {
	gpu := resourceapi.Device{
		Name:       fmt.Sprintf("gpu-%d", minor),
		Attributes: attributes(map[string]string{"type": "gpu", "uuid": uuid(minor)}),
		Capacity:   capacity(memoryMiB, whole),
	}
	switch kind {
	case plain:
		return []resourceapi.Device{gpu}
	case shared:
		gpu.AllowMultipleAllocations = ptr.To(true)
		memory := gpu.Capacity["memory"]
		memory.RequestPolicy = &resourceapi.CapacityRequestPolicy{
			Default: mebibytes(memoryMiB),
			ValidRange: &resourceapi.CapacityRequestPolicyRange{
				Min: mebibytes(1), Step: mebibytes(1),
			},
		}
		gpu.Capacity["memory"] = memory
		return []resourceapi.Device{gpu}
	}
	gpu.ConsumesCounters = consumes(minor, counters(memoryMiB, whole, 0, memorySlices))
	all := []resourceapi.Device{gpu}
	for _, profile := range profiles {
		for _, start := range profile.starts {
			all = append(all, resourceapi.Device{
				Name: migName(minor, profile, start),
				Attributes: attributes(map[string]string{
					"type": "mig", "parentUUID": uuid(minor), "profile": profile.name,
				}),
				Capacity: capacity(profile.memory, profile.engines),
				ConsumesCounters: consumes(minor,
					counters(profile.memory, profile.engines, start, profile.size)),
			})
		}
	}
	return all
}

func migName(minor int, profile profile, start int) string {
	words := strings.NewReplacer(".", "", "+", "-").Replace(profile.name)
	return fmt.Sprintf("gpu-%d-mig-%s-%d-%d", minor, words, profile.id, start)
}

func counterSet(minor int) string {
	return fmt.Sprintf("gpu-%d-counter-set", minor)
}

func uuid(minor int) string {
	return fmt.Sprintf("GPU-00000000-0000-4000-8000-%012d", minor)
}

func consumes(minor int, counters map[string]resourceapi.Counter) []resourceapi.DeviceCounterConsumption {
	return []resourceapi.DeviceCounterConsumption{{CounterSet: counterSet(minor), Counters: counters}}
}

func attributes(own map[string]string) map[resourceapi.QualifiedName]resourceapi.DeviceAttribute {
	all := map[resourceapi.QualifiedName]resourceapi.DeviceAttribute{
		"resource.kubernetes.io/numaNode": {IntValue: ptr.To(int64(0))},
		"cudaComputeCapability":           {VersionValue: ptr.To("9.0.0")},
		"driverVersion":                   {VersionValue: ptr.To("580.95.5")},
	}
	own = maps.Clone(own)
	own["productName"], own["brand"], own["architecture"] = product, "Nvidia", "Hopper"
	for name, value := range own {
		all[resourceapi.QualifiedName(name)] = resourceapi.DeviceAttribute{StringValue: ptr.To(value)}
	}
	return all
}

func capacity(memory int64, parts engines) map[resourceapi.QualifiedName]resourceapi.DeviceCapacity {
	all := map[resourceapi.QualifiedName]resourceapi.DeviceCapacity{
		"memory": {Value: *mebibytes(memory)},
	}
	for name, count := range map[string]int64{
		"multiprocessors": parts.multiprocessors, "copyEngines": parts.copies,
		"decoders": parts.decoders, "encoders": 0,
		"jpegEngines": parts.jpegs, "ofaEngines": parts.opticalFlows,
	} {
		all[resourceapi.QualifiedName(name)] = resourceapi.DeviceCapacity{Value: *number(count)}
	}
	return all
}

func counters(memory int64, parts engines, start, size int) map[string]resourceapi.Counter {
	all := map[string]resourceapi.Counter{
		"memory":          {Value: *mebibytes(memory)},
		"multiprocessors": {Value: *number(parts.multiprocessors)},
		"copy-engines":    {Value: *number(parts.copies)},
		"decoders":        {Value: *number(parts.decoders)},
		"encoders":        {Value: *number(0)},
		"jpeg-engines":    {Value: *number(parts.jpegs)},
		"ofa-engines":     {Value: *number(parts.opticalFlows)},
	}
	for slice := start; slice < start+size; slice++ {
		all[fmt.Sprintf("memory-slice-%d", slice)] = resourceapi.Counter{Value: *number(1)}
	}
	return all
}

func mebibytes(count int64) *resource.Quantity {
	return resource.NewQuantity(count<<20, resource.BinarySI)
}

func number(count int64) *resource.Quantity {
	return resource.NewQuantity(count, resource.DecimalSI)
}
