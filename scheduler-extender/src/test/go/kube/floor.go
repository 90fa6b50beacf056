package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	extender "k8s.io/kube-scheduler/extender/v1"
)

// floor is the extender that does nothing: it decodes what it is asked, agrees, and binds. What
// pods per second are lost with it is the price of the protocol itself.
func floor() {
	listen := flag.String("listen", "127.0.0.1:0", "where to listen")
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server for binding")
	answer := flag.String("answer", "one", "what filter answers: one (a single node, each in turn) or all (every node asked about)")
	flag.Parse()
	if *answer != "one" && *answer != "all" {
		log.Fatalf("--answer is %q. It is one or all.", *answer)
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatalf("--kubeconfig: %v", err)
	}
	config.QPS, config.Burst = 5000, 5000
	floor := &floorExtender{single: *answer == "one", client: kubernetes.NewForConfigOrDie(config)}
	http.HandleFunc("POST /filter", floor.filter)
	http.HandleFunc("POST /prioritize", floor.prioritize)
	http.HandleFunc("POST /bind", floor.bind)
	http.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	log.Fatal(http.ListenAndServe(*listen, nil))
}

type floorExtender struct {
	single bool
	turn   atomic.Uint64
	client kubernetes.Interface
}

func (f *floorExtender) filter(w http.ResponseWriter, r *http.Request) {
	names, ok := nodeNames(w, r)
	if !ok {
		return
	}
	if f.single && len(names) > 0 {
		names = names[f.turn.Add(1)%uint64(len(names)):][:1]
	}
	write(w, extender.ExtenderFilterResult{NodeNames: &names})
}

func (f *floorExtender) prioritize(w http.ResponseWriter, r *http.Request) {
	names, ok := nodeNames(w, r)
	if !ok {
		return
	}
	scores := make(extender.HostPriorityList, len(names))
	for i, name := range names {
		scores[i] = extender.HostPriority{Host: name, Score: 1}
	}
	write(w, scores)
}

func (f *floorExtender) bind(w http.ResponseWriter, r *http.Request) {
	var args extender.ExtenderBindingArgs
	if !read(w, r, &args) {
		return
	}
	binding := &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Namespace: args.PodNamespace, Name: args.PodName, UID: args.PodUID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: args.Node},
	}
	err := f.client.CoreV1().Pods(args.PodNamespace).Bind(context.Background(), binding, metav1.CreateOptions{})
	var result extender.ExtenderBindingResult
	if err != nil {
		result.Error = err.Error()
	}
	write(w, result)
}

func nodeNames(w http.ResponseWriter, r *http.Request) ([]string, bool) {
	var args extender.ExtenderArgs
	if !read(w, r, &args) {
		return nil, false
	}
	if args.NodeNames == nil {
		http.Error(w, "nodenames is missing. Set nodeCacheCapable: true for this extender.", http.StatusBadRequest)
		return nil, false
	}
	return *args.NodeNames, true
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func write(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		log.Print(err)
	}
}
