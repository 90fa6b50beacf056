import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Nodes and pods with all that an API server adds to them. */
final class PlayedObjects {
  private static final int H100_MIB = 81_559;
  private static final String CREATED = "2026-01-01T00:00:00Z";

  /** What pods ask: mostly shares, as inference does, and a little of all else. */
  private static final List<String> LIMITS =
      List.of(
          "{'kerf.gpu/memory':'8Gi'}",
          "{'kerf.gpu/memory':'20Gi','cpu':'2','memory':'8Gi'}",
          "{'kerf.gpu/memory':'3Gi'}",
          "{'kerf.gpu/whole':'1'}",
          "{'kerf.gpu/memory':'12Gi'}",
          "{'kerf.gpu/memory':'38Gi'}",
          "{'kerf.gpu/memory':'5Gi'}",
          "{'nvidia.com/gpu':'1'}",
          "{'kerf.gpu/memory':'17Gi'}",
          "{'kerf.gpu/memory':'30Gi'}",
          "{'kerf.gpu/whole':'8'}",
          "{'kerf.gpu/memory':'9Gi'}",
          "{'kerf.gpu/memory':'900Gi'}",
          "{'nvidia.com/mig-1g.10gb':'1'}",
          "{'kerf.gpu/memory':'25Gi'}",
          "{'nvidia.com/gpu':'1','nvidia.com/gpumem':'8000'}");

  private PlayedObjects() {}

  private static JsonObject json(String text) {
    return new JsonObject(text.replace('\'', '"'));
  }

  /** Every eighth has A100 that Kerf may cut, the others have H100. */
  static JsonObject node(int number) {
    String name = nodeName(number);
    boolean cut = number % 8 == 7;
    JsonArray gpus = new JsonArray();
    for (int gpu = 0; gpu < 8; gpu++) {
      gpus.add(
          new JsonObject()
              .put("index", gpu)
              .put("uuid", "GPU-" + name + "-" + gpu)
              .put("model", cut ? "A100-40GB" : "H100-80GB")
              .put("memoryMiB", cut ? 40_960 : H100_MIB)
              .put("mode", cut ? "mig-dynamic" : "plain"));
    }
    JsonObject inventory = new JsonObject().put("v", 1).put("gpus", gpus);
    JsonObject node =
        json(
            """
            {'kind':'Node','apiVersion':'v1',
             'metadata':{'name':'%1$s','uid':'node-%1$s','creationTimestamp':'%2$s',
              'labels':{'kubernetes.io/hostname':'%1$s','kerf.gpu/managed':'true'},
              'managedFields':[{'manager':'kubelet','operation':'Update','apiVersion':'v1','time':'%2$s',
               'fieldsType':'FieldsV1','fieldsV1':{'f:metadata':{'f:labels':{'.':{},'f:kubernetes.io/hostname':{}}},
               'f:status':{'f:capacity':{'f:cpu':{},'f:memory':{}}}}}]},
             'spec':{'podCIDR':'10.0.0.0/24'},
             'status':{'capacity':{'cpu':'192','memory':'2Ti','pods':'500'},
              'allocatable':{'cpu':'192','memory':'2Ti','pods':'500'},
              'conditions':[{'type':'Ready','status':'True','lastHeartbeatTime':'%2$s','reason':'KubeletReady'}],
              'nodeInfo':{'bootID':'b-%1$s','kernelVersion':'6.1','kubeletVersion':'v1.36.3'}}}
            """
                .formatted(name, CREATED));
    JsonObject annotations = new JsonObject().put("kerf.gpu/inventory", inventory.encode());
    node.getJsonObject("metadata").put("annotations", annotations);
    return node;
  }

  static String nodeName(int number) {
    return "node-%05d".formatted(number);
  }

  static String podName(int number) {
    return "pod-" + number;
  }

  static JsonObject pod(int number) {
    return pod(podName(number), LIMITS.get(number % LIMITS.size()));
  }

  /** A pod that was bound before Kerf started. */
  static JsonObject boundPod(int number, int node, int gpu) {
    String name = nodeName(node);
    JsonObject pod = pod("old-" + number, "{'kerf.gpu/memory':'8Gi'}");
    boolean cut = node % 8 == 7;
    String slot =
        cut
            ? "'profile':'2g.10gb','start':0,'memoryMiB':9856"
            : "'mps':{'smMilli':0},'memoryMiB':8192";
    String record =
        "{'v':1,'node':'%s','containers':[{'name':'main','wall':'%s','slots':[{'gpu':%d,'uuid':'GPU-%s-%d',%s}]}]}"
            .formatted(name, cut ? "mig" : "mps", gpu, name, gpu, slot)
            .replace('\'', '"');
    JsonObject annotations = new JsonObject().put("kerf.gpu/placement", record);
    pod.getJsonObject("metadata").put("annotations", annotations);
    pod.getJsonObject("spec").put("nodeName", name);
    pod.getJsonObject("status").put("phase", "Running");
    return pod;
  }

  private static JsonObject pod(String name, String limits) {
    return json(
        """
        {'kind':'Pod','apiVersion':'v1',
         'metadata':{'name':'%1$s','namespace':'default','uid':'uid-%1$s','creationTimestamp':'%2$s',
          'labels':{'app':'llm','pod-template-hash':'5d7f8c'},
          'ownerReferences':[{'apiVersion':'apps/v1','kind':'ReplicaSet','name':'llm-5d7f8c','uid':'rs-1','controller':true}],
          'managedFields':[{'manager':'kube-controller-manager','operation':'Update','apiVersion':'v1','time':'%2$s',
           'fieldsType':'FieldsV1','fieldsV1':{'f:metadata':{'f:labels':{'.':{},'f:app':{}}},'f:spec':{'f:containers':
           {'k:{\\"name\\":\\"main\\"}':{'.':{},'f:image':{},'f:imagePullPolicy':{},'f:name':{},'f:resources':
           {'.':{},'f:limits':{'.':{},'f:kerf.gpu/memory':{}}}}},'f:dnsPolicy':{},'f:restartPolicy':{}}}}]},
         'spec':{'schedulerName':'kerf','priority':0,'restartPolicy':'Always','dnsPolicy':'ClusterFirst',
          'serviceAccountName':'default','terminationGracePeriodSeconds':30,'securityContext':{},
          'enableServiceLinks':true,'preemptionPolicy':'PreemptLowerPriority',
          'volumes':[{'name':'kube-api-access-x','projected':{'sources':[{'serviceAccountToken':{'expirationSeconds':3607,'path':'token'}},
           {'configMap':{'name':'kube-root-ca.crt','items':[{'key':'ca.crt','path':'ca.crt'}]}}],'defaultMode':420}}],
          'containers':[{'name':'main','image':'registry.example/llm:1','imagePullPolicy':'IfNotPresent',
           'terminationMessagePath':'/dev/termination-log','terminationMessagePolicy':'File',
           'env':[{'name':'NVIDIA_VISIBLE_DEVICES','valueFrom':{'fieldRef':{'apiVersion':'v1','fieldPath':'metadata.annotations'}}}],
           'volumeMounts':[{'name':'kube-api-access-x','readOnly':true,'mountPath':'/var/run/secrets/kubernetes.io/serviceaccount'}],
           'resources':{'limits':%3$s,'requests':%3$s}}],
          'tolerations':[{'key':'node.kubernetes.io/not-ready','operator':'Exists','effect':'NoExecute','tolerationSeconds':300},
           {'key':'node.kubernetes.io/unreachable','operator':'Exists','effect':'NoExecute','tolerationSeconds':300}]},
         'status':{'phase':'Pending','qosClass':'Burstable'}}
        """
            .formatted(name, CREATED, limits));
  }
}
