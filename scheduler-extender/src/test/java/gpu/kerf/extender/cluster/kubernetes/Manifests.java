package gpu.kerf.extender.cluster.kubernetes;

/** Objects as users and the API server write them. */
public final class Manifests {

  private Manifests() {}

  /** Two A100-40GB, the second cut into 1g.10gb at 0 and 3g.20gb at 4. */
  public static final String INVENTORY =
      """
      {"v":1,"gpus":[
        {"index":0,"uuid":"GPU-0","model":"A100-40GB","memoryMiB":40960,"mode":"plain"},
        {"index":1,"uuid":"GPU-1","model":"A100-40GB","memoryMiB":40960,"mode":"mig","instances":[
          {"uuid":"MIG-0","profile":"1g.10gb","start":0},
          {"uuid":"MIG-4","profile":"3g.20gb","start":4}]}]}""";

  public static String node(String name, String inventory) {
    return """
        {"kind":"Node","metadata":{"name":"%s","labels":{"kerf.gpu/managed":"true"},
          "annotations":{"kerf.gpu/inventory":%s}},
         "status":{"allocatable":{"cpu":"32","memory":"128Gi"},"capacity":{"cpu":"32"}}}"""
        .formatted(name, quoted(inventory));
  }

  static String unmanaged(String name) {
    return """
        {"kind":"Node","metadata":{"name":"%s"},"status":{"allocatable":{"cpu":"32"}}}"""
        .formatted(name);
  }

  static String pod(String name, String resource, String amount) {
    return """
        {"metadata":{"namespace":"ml","name":"%s","labels":{"app":"llm"},
          "managedFields":[{"manager":"kubectl","fieldsV1":{"f:metadata":{"f:labels":{}}}}]},
         "spec":{"schedulerName":"kerf","aFieldOfTomorrow":{"a":[1]},
          "containers":[{"name":"main","resources":{"limits":{"%s":"%s"},"requests":{"%s":"%s"}}}]},
         "status":{"phase":"Pending","allocatedResources":{"cpu":"1"}}}"""
        .formatted(name, resource, amount, resource, amount);
  }

  /** A pod that another scheduler has bound. */
  public static String foreign(String name, String node, String resource) {
    return """
        {"metadata":{"namespace":"other","name":"%s"},
         "spec":{"schedulerName":"default-scheduler","nodeName":"%s",
          "containers":[{"name":"main","resources":{"limits":{"%s":"1"}}}]},
         "status":{"phase":"Running"}}"""
        .formatted(name, node, resource);
  }

  static String budget(String name, int allowed) {
    return """
        {"metadata":{"namespace":"ml","name":"%s"},
         "spec":{"selector":{"matchLabels":{"app":"llm"}}},"status":{"disruptionsAllowed":%d}}"""
        .formatted(name, allowed);
  }

  static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", " ") + "\"";
  }
}
