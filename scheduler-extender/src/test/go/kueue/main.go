// Command kueue runs what Kueue needs to admit Jobs: its queues, its scheduler, its core controllers and its
// controller of Jobs, as the module of the release has them. Left out are the other kinds of work, MultiKueue and
// Kueue's own certificates, which would double the time of the build.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/go-logr/logr/funcr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	configapi "sigs.k8s.io/kueue/apis/config/v1beta2"
	kueue "sigs.k8s.io/kueue/apis/kueue/v1beta2"
	qcache "sigs.k8s.io/kueue/pkg/cache/queue"
	schdcache "sigs.k8s.io/kueue/pkg/cache/scheduler"
	"sigs.k8s.io/kueue/pkg/config"
	"sigs.k8s.io/kueue/pkg/constants"
	"sigs.k8s.io/kueue/pkg/controller/core"
	"sigs.k8s.io/kueue/pkg/controller/core/indexer"
	"sigs.k8s.io/kueue/pkg/controller/jobframework"
	_ "sigs.k8s.io/kueue/pkg/controller/jobs/job"
	tasindexer "sigs.k8s.io/kueue/pkg/controller/tas/indexer"
	"sigs.k8s.io/kueue/pkg/dra"
	"sigs.k8s.io/kueue/pkg/resources"
	"sigs.k8s.io/kueue/pkg/scheduler"
	preemption "sigs.k8s.io/kueue/pkg/scheduler/preemption/expectations"
	"sigs.k8s.io/kueue/pkg/util/kubeversion"
)

var log = funcr.New(func(prefix, args string) { fmt.Fprintln(os.Stderr, prefix, args) }, funcr.Options{
	LogTimestamp: true,
	Verbosity:    2,
})

func main() {
	file := flag.String("config", "", "Kueue's configuration")
	flag.Parse()
	ctrl.SetLogger(log)
	if err := run(ctrl.SetupSignalHandler(), *file); err != nil {
		log.Error(err, "Kueue ends.")
		os.Exit(1)
	}
}

func run(ctx context.Context, file string) error {
	for _, add := range []func(*runtime.Scheme) error{kueue.AddToScheme, configapi.AddToScheme} {
		if err := add(scheme.Scheme); err != nil {
			return err
		}
	}
	options, cfg, err := config.Load(scheme.Scheme, file)
	if err != nil {
		return err
	}
	if err := config.LoadAndValidateFeatureGates("", cfg.FeatureGates).ToAggregate(); err != nil {
		return err
	}
	if err := config.AddWebhookSettingsTo(&options, &cfg); err != nil {
		return err
	}
	options.Metrics = metricsserver.Options{BindAddress: "0"}
	access := ctrl.GetConfigOrDie()
	access.QPS, access.Burst = 300, 500
	manager, err := ctrl.NewManager(access, options)
	if err != nil {
		return err
	}
	if err := addAll(ctx, manager, &cfg); err != nil {
		return err
	}
	return manager.Start(ctx)
}

func addAll(ctx context.Context, manager ctrl.Manager, cfg *configapi.Configuration) error {
	formatter := resources.NewResourceFormatter()
	expected := preemption.New()
	devices := dra.NewExtendedResourceCache()
	requeuer := qcache.NewRequeuer()
	quotas := schdcache.New(manager.GetClient(), schdcache.WithResourceFormatter(formatter))
	queues := qcache.NewManager(manager.GetClient(), quotas, requeuer,
		qcache.WithResourceFormatter(formatter),
		qcache.WithPreemptionExpectations(expected),
		qcache.WithDRABackedResources(devices))
	go queues.CleanUpOnContext(ctx)
	go quotas.CleanUpOnContext(ctx)

	if err := indexer.Setup(ctx, manager.GetFieldIndexer()); err != nil {
		return err
	}
	if err := tasindexer.SetupIndexes(ctx, manager.GetFieldIndexer()); err != nil {
		return err
	}
	if err := core.SetupResourceSliceIndexer(ctx, manager.GetFieldIndexer()); err != nil {
		return err
	}
	failed, err := core.SetupControllers(manager, queues, quotas, cfg, core.SetupControllersOpts{
		PreemptionExpectations: expected,
		DRAMapper:              dra.NewResourceMapper(),
		DRABackedResources:     devices,
		ResourceFormatter:      formatter,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", failed, err)
	}
	if err := addJobs(ctx, manager, cfg, quotas, queues); err != nil {
		return err
	}
	if err := manager.Add(requeuer); err != nil {
		return err
	}
	return manager.Add(scheduler.New(queues, quotas, manager.GetClient(), manager.GetEventRecorder(constants.AdmissionName),
		scheduler.WithPreemptionExpectations(expected),
		scheduler.WithResourceFormatter(formatter),
		scheduler.WithQuotaCheckStrategy(configapi.QuotaCheckBlockUndeclared)))
}

func addJobs(ctx context.Context, manager ctrl.Manager, cfg *configapi.Configuration, quotas *schdcache.Cache, queues *qcache.Manager) error {
	client, err := discovery.NewDiscoveryClientForConfig(manager.GetConfig())
	if err != nil {
		return err
	}
	versions := kubeversion.NewServerVersionFetcher(client)
	if err := versions.FetchServerVersion(); err != nil {
		return err
	}
	managed, err := metav1.LabelSelectorAsSelector(cfg.ManagedJobsNamespaceSelector)
	if err != nil {
		return err
	}
	enabled := jobframework.WithEnabledFrameworks(cfg.Integrations.Frameworks)
	if err := jobframework.SetupIndexes(ctx, manager.GetFieldIndexer(), enabled); err != nil {
		return err
	}
	return jobframework.SetupControllers(ctx, manager, log, enabled,
		jobframework.WithManagerName(constants.KueueName),
		jobframework.WithKubeServerVersion(versions),
		jobframework.WithManagedJobsNamespaceSelector(managed),
		jobframework.WithObjectRetentionPolicies(cfg.ObjectRetentionPolicies),
		jobframework.WithCache(quotas),
		jobframework.WithQueues(queues))
}
