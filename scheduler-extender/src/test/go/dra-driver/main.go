// Command dra-driver plays NVIDIA's DRA driver on a node without GPUs: it publishes the devices of
// H100 GPUs in the form of dra-driver-nvidia-gpu, prepares claims by CDI, refuses devices that
// overlap with those in use, and writes down when it created and destroyed which. What it creates
// is a name: no hardware is behind it.
//
// It differs from NVIDIA's in one thing on purpose: it compares counters when it prepares a claim,
// where NVIDIA's compares names and would fail a moment later, when it creates the instance.
package main

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"
	"k8s.io/dynamic-resource-allocation/resourceslice"
	"k8s.io/klog/v2"
)

func main() {
	name := flag.String("driver", "gpu.nvidia.com", "the name of the driver")
	node := flag.String("node", "", "the node that it runs on, and its pool")
	gpus := flag.String("gpus", "dynamic", "how each GPU can be handed out: dynamic, whole or shared, with commas")
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	kubelet := flag.String("kubelet", "/var/lib/kubelet", "the kubelet's folder")
	specs := flag.String("cdi", "/var/run/cdi", "the folder for CDI specs")
	folder := flag.String("folder", "", "the driver's own folder: journal.jsonl, claims.json; while it has hold-prepare or hold-unprepare, such calls wait")
	flag.Parse()
	if err := run(*name, *node, *gpus, *kubeconfig, *kubelet, *specs, *folder); err != nil {
		klog.Fatal(err)
	}
}

func run(name, node, gpus, kubeconfig, kubelet, specs, folder string) error {
	kinds, err := kinds(gpus)
	if err != nil {
		return err
	}
	registry, sockets := filepath.Join(kubelet, "plugins_registry"), filepath.Join(kubelet, "plugins", name)
	for _, path := range []string{registry, sockets, specs, folder} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	journal, err := openJournal(filepath.Join(folder, "journal.jsonl"))
	if err != nil {
		return err
	}
	driver := &driver{
		name: name, pool: node, folder: folder, cdi: cdi{specs}, journal: journal,
		hardware: newHardware(kinds), claims: map[types.UID]claim{},
	}
	if err := driver.load(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	helper, err := kubeletplugin.Start(ctx, driver,
		kubeletplugin.DriverName(name),
		kubeletplugin.NodeName(node),
		kubeletplugin.KubeClient(client),
		kubeletplugin.RegistrarDirectoryPath(registry),
		kubeletplugin.PluginDataDirectoryPath(sockets))
	if err != nil {
		return err
	}
	defer helper.Stop()
	pool := resourceslice.Pool{Slices: slicesOf(kinds)}
	if err := helper.PublishResources(ctx, resourceslice.DriverResources{Pools: map[string]resourceslice.Pool{node: pool}}); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
