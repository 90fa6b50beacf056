package main

import (
	"fmt"
	"slices"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// held is a device that a claim holds, or its part of one.
type held struct {
	Request string `json:"request"`
	Device  string `json:"device"`
	ShareID string `json:"shareID,omitempty"`
	// MemoryMiB is the part of a shared GPU.
	MemoryMiB int64 `json:"memoryMiB,omitempty"`
}

// hardware knows what the GPUs have, and finds out whether more is wanted of one.
type hardware struct {
	devices  map[string]resourceapi.Device
	counters map[string]map[string]resourceapi.Counter
}

func newHardware(gpus []kind) hardware {
	all := hardware{map[string]resourceapi.Device{}, map[string]map[string]resourceapi.Counter{}}
	for _, slice := range slicesOf(gpus) {
		for _, device := range slice.Devices {
			all.devices[device.Name] = device
		}
		for _, set := range slice.SharedCounters {
			all.counters[set.Name] = set.Counters
		}
	}
	return all
}

// take reads from an allocation what a claim is to hold.
func (h hardware) take(driver string, allocation *resourceapi.AllocationResult) ([]held, error) {
	var all []held
	for _, result := range allocation.Devices.Results {
		if result.Driver != driver {
			continue
		}
		device, known := h.devices[result.Device]
		if !known {
			return nil, fmt.Errorf("there is no device %s", result.Device)
		}
		one := held{Request: result.Request, Device: result.Device}
		if sharable(device) {
			memory, given := result.ConsumedCapacity["memory"]
			if result.ShareID == nil || !given {
				return nil, fmt.Errorf("%s is shared: shareID and consumedCapacity.memory are missing", result.Device)
			}
			one.ShareID, one.MemoryMiB = string(*result.ShareID), memory.Value()>>20
		}
		all = append(all, one)
	}
	return all, nil
}

// check refuses what all claims together cannot hold.
func (h hardware) check(all []held) error {
	used := map[string]int64{}
	for i, one := range all {
		device := h.devices[one.Device]
		if sharable(device) {
			used[one.Device] += one.MemoryMiB
			total := device.Capacity["memory"].Value
			if used[one.Device] > total.Value()>>20 {
				return fmt.Errorf("%s has not %d MiB", one.Device, used[one.Device])
			}
			if slices.ContainsFunc(all[:i], func(other held) bool { return other.ShareID == one.ShareID }) {
				return fmt.Errorf("the shareID %s is taken", one.ShareID)
			}
		} else if slices.ContainsFunc(all[:i], func(other held) bool { return other.Device == one.Device }) {
			return fmt.Errorf("%s is in use", one.Device)
		}
	}
	return h.checkCounters(all)
}

func (h hardware) checkCounters(all []held) error {
	left := map[string]*resource.Quantity{}
	for set, counters := range h.counters {
		for name, counter := range counters {
			left[set+"/"+name] = new(counter.Value.DeepCopy())
		}
	}
	for _, one := range all {
		for _, consumption := range h.devices[one.Device].ConsumesCounters {
			for name, counter := range consumption.Counters {
				key := consumption.CounterSet + "/" + name
				if left[key].Sub(counter.Value); left[key].Sign() < 0 {
					return fmt.Errorf("%s overlaps with what is in use: %s is used up", one.Device, key)
				}
			}
		}
	}
	return nil
}

func sharable(device resourceapi.Device) bool {
	return device.AllowMultipleAllocations != nil && *device.AllowMultipleAllocations
}
