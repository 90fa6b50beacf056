package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"
	"k8s.io/klog/v2"
)

// driver prepares claims: it creates the devices that they name and tells the container runtime.
type driver struct {
	name, pool string
	// folder holds what must survive a restart, and the files by which a test holds calls.
	folder   string
	cdi      cdi
	journal  journal
	hardware hardware
	claims   map[types.UID]claim
}

// claim is what the driver remembers of a prepared ResourceClaim.
type claim struct {
	Name    string `json:"name"`
	Devices []held `json:"devices"`
}

func (d *driver) PrepareResourceClaims(ctx context.Context, claims []*resourceapi.ResourceClaim) (map[types.UID]kubeletplugin.PrepareResult, error) {
	if err := d.wait(ctx, "hold-prepare"); err != nil {
		return nil, err
	}
	results := map[types.UID]kubeletplugin.PrepareResult{}
	for _, claim := range claims {
		results[claim.UID] = d.prepare(claim)
	}
	return results, nil
}

func (d *driver) prepare(object *resourceapi.ResourceClaim) kubeletplugin.PrepareResult {
	if known, prepared := d.claims[object.UID]; prepared {
		return d.result(object.UID, known)
	}
	wanted := claim{Name: object.Namespace + "/" + object.Name}
	devices, err := d.hardware.take(d.name, object.Status.Allocation)
	if err == nil {
		wanted.Devices = devices
		err = d.hardware.check(append(d.held(), devices...))
	}
	if err != nil {
		d.journal.write("refuse", object.UID, wanted, err.Error())
		return kubeletplugin.PrepareResult{Err: fmt.Errorf("prepare %s: %w", wanted.Name, err)}
	}
	d.claims[object.UID] = wanted
	if err := errors.Join(d.cdi.write(object.UID, wanted), d.save()); err != nil {
		return kubeletplugin.PrepareResult{Err: err}
	}
	d.journal.write("create", object.UID, wanted, "")
	return d.result(object.UID, wanted)
}

func (d *driver) held() []held {
	var all []held
	for _, claim := range d.claims {
		all = append(all, claim.Devices...)
	}
	return all
}

func (d *driver) result(uid types.UID, claim claim) kubeletplugin.PrepareResult {
	var result kubeletplugin.PrepareResult
	for _, one := range claim.Devices {
		device := kubeletplugin.Device{
			Requests:     []string{one.Request},
			PoolName:     d.pool,
			DeviceName:   one.Device,
			CDIDeviceIDs: []string{d.cdi.id(uid, one.Request)},
		}
		if one.ShareID != "" {
			share := types.UID(one.ShareID)
			device.ShareID = &share
		}
		result.Devices = append(result.Devices, device)
	}
	return result
}

func (d *driver) UnprepareResourceClaims(ctx context.Context, claims []kubeletplugin.NamespacedObject) (map[types.UID]error, error) {
	if err := d.wait(ctx, "hold-unprepare"); err != nil {
		return nil, err
	}
	results := map[types.UID]error{}
	for _, object := range claims {
		results[object.UID] = d.unprepare(object.UID)
	}
	return results, nil
}

func (d *driver) unprepare(uid types.UID) error {
	known, prepared := d.claims[uid]
	if !prepared {
		return nil
	}
	delete(d.claims, uid)
	if err := errors.Join(d.cdi.remove(uid), d.save()); err != nil {
		return err
	}
	d.journal.write("destroy", uid, known, "")
	return nil
}

// wait holds a call for as long as a file of that name is in the folder.
func (d *driver) wait(ctx context.Context, file string) error {
	for {
		if _, err := os.Stat(filepath.Join(d.folder, file)); err != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (d *driver) HandleError(ctx context.Context, err error, message string) {
	klog.FromContext(ctx).Error(err, message)
	if !errors.Is(err, kubeletplugin.ErrRecoverable) {
		os.Exit(1)
	}
}

func (d *driver) save() error {
	content, err := json.Marshal(d.claims)
	if err != nil {
		return err
	}
	return replace(filepath.Join(d.folder, "claims.json"), content)
}

func (d *driver) load() error {
	content, err := os.ReadFile(filepath.Join(d.folder, "claims.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return errors.Join(err, json.Unmarshal(content, &d.claims))
}

// replace writes a file that is never seen half-written.
func replace(file string, content []byte) error {
	unfinished := file + ".unfinished"
	if err := os.WriteFile(unfinished, content, 0o644); err != nil {
		return err
	}
	return os.Rename(unfinished, file)
}
