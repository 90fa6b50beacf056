package gpu.kerf.extender.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import org.junit.jupiter.api.Test;

/** The node itself, before a pod asks it for GPUs. */
@NodeTest
final class RealNodeTest {
  private static final String POD =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: p, namespace: default}
      spec:
        nodeName: real
        terminationGracePeriodSeconds: 0
        containers:
        - name: main
          image: app
          imagePullPolicy: Never
          command: [sh, -c, "env; exec sleep %s"]
          env: [{name: WORD, value: hello}]
      """;

  /** How long the container sleeps, by which it is found among the processes of this machine. */
  private static final String SLEEP = "9" + System.nanoTime();

  @Test
  void podRunsAndSpeaksToTheApiServerAndNothingOfItIsLeft() {
    String cable;
    try (ControlPlane plane = ControlPlane.start(Options.defaults().withNode("real"))) {
      RealNode node = plane.node("real");
      cable = node.cable();
      node.load(ContainerImage.shell("app", "env; exec sleep 1000000"));
      Await.until(
          "the node is ready",
          () ->
              field(plane, "node/real", "{.status.conditions[?(@.type=='Ready')].status}")
                  .equals("True"));
      Await.until("a service account", () -> !plane.kubectl("get", "serviceaccounts").isEmpty());
      plane.apply(POD.formatted(SLEEP));
      plane.kubectl("wait", "--for=condition=Ready", "pod/p", "--timeout=60s");
      assertThat(plane.kubectl("logs", "p")).contains("WORD=hello\n");
      assertThat(plane.kubectl("exec", "p", "--", "env")).contains("WORD=hello\n");
      assertThat(links()).contains(cable);
      assertThat(processes()).contains("sleep " + SLEEP);
    }
    // The kernel clears a namespace a moment after its last process is gone.
    Await.until("the cable is gone", () -> !links().contains(cable));
    Await.until("the container is gone", () -> !processes().contains("sleep " + SLEEP));
  }

  private static String links() {
    return Tool.run("ip", "-o", "link", "show");
  }

  private static String processes() {
    return Tool.run("ps", "-e", "-o", "args");
  }

  private static String field(ControlPlane plane, String object, String path) {
    return plane.kubectl("get", object, "--ignore-not-found", "-o", "jsonpath=" + path);
  }
}
