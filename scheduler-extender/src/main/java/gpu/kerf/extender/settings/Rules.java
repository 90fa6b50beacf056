package gpu.kerf.extender.settings;

import gpu.kerf.model.cost.Price;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuModel;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Currency;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** Checks rules between settings that are each valid by themselves. */
final class Rules {
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|::1|\\[::1]");

  private static final Pattern CAPABILITY = Pattern.compile("[A-Z][A-Z_]{1,40}");

  private static final Pattern OBJECT_NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?");

  private static final Pattern TOPIC = Pattern.compile("[A-Za-z0-9._-]{1,249}");

  private final Settings settings;
  private final UnaryOperator<String> from;
  private final List<SettingProblem> problems = new ArrayList<>();

  private Rules(Settings settings, UnaryOperator<String> from) {
    this.settings = settings;
    this.from = from;
  }

  static List<SettingProblem> broken(Settings settings, UnaryOperator<String> from) {
    Rules rules = new Rules(settings, from);
    rules.tls();
    rules.admission();
    rules.reach();
    rules.ports();
    rules.limits();
    rules.dra();
    rules.cost();
    rules.idle();
    rules.stream();
    return rules.problems;
  }

  private void tls() {
    Settings.Tls tls = settings.tls();
    if (tls.certificate().isEmpty() != tls.key().isEmpty()) {
      boolean keyMissing = tls.key().isEmpty();
      refuse(
          keyMissing ? "tls.key" : "tls.certificate",
          "",
          "is missing: a certificate and its key belong together.",
          "Set tls.certificate and tls.key, or neither.");
    }
    if (!tls.clientAuthorities().isEmpty() && tls.certificate().isEmpty()) {
      refuse(
          "tls.clientAuthorities",
          tls.clientAuthorities(),
          "means nothing without a certificate.",
          "Set tls.certificate and tls.key too.");
    }
  }

  private void admission() {
    AdmissionSettings admission = settings.admission();
    boolean incomplete = admission.certificate().isEmpty() || admission.key().isEmpty();
    if (admission.enabled() && incomplete) {
      refuse(
          admission.certificate().isEmpty() ? "admission.certificate" : "admission.key",
          "",
          "is missing: the API server speaks TLS only.",
          "Set admission.certificate and admission.key.");
    }
    if (admission.aliases().contains(settings.cluster().schedulerName())) {
      refuse(
          "admission.aliases",
          admission.aliases().toString(),
          "has the schedulerName of Kerf's own pods.",
          "Leave " + settings.cluster().schedulerName() + " out.");
    }
    opened(admission);
  }

  /** What is opened to GPU pods. */
  private void opened(AdmissionSettings admission) {
    List<HostPath> paths = new ArrayList<>();
    for (String text : admission.hostPaths().values()) {
      try {
        paths.add(HostPath.parse(text));
      } catch (IllegalArgumentException wrong) {
        refuse(
            "admission.hostPaths",
            text,
            "is not the path of a folder below the root, without . and .. in it.",
            "Write a path such as /data/models, or /scratch:rw for one that may be written.");
      }
    }
    for (HostPath inside : HostPath.replaceable(paths)) {
      refuse(
          "admission.hostPaths",
          inside.toString(),
          "lies in a folder that may be written, where a pod could put a link in its place.",
          "Leave it out, or open the folder without :rw.");
    }
    for (String name : admission.capabilities().values()) {
      if (!CAPABILITY.matcher(name).matches()) {
        refuse(
            "admission.capabilities",
            name,
            "is not the name of a capability.",
            "Write it as pods do, such as IPC_LOCK.");
      }
    }
    if (admission.volumes().contains("hostPath")) {
      refuse(
          "admission.volumes",
          "hostPath",
          "would open every folder of the nodes.",
          "Name the folders in admission.hostPaths.");
    }
  }

  private void reach() {
    Settings.Listen listen = settings.listen();
    if (!loopback(listen.host()) && !settings.tls().enabled() && !listen.insecure()) {
      refuse(
          "listen.host",
          listen.host(),
          "can be reached from other machines, and a client that reaches it can bind pods.",
          "Set tls.certificate and tls.key, or listen on 127.0.0.1; listen.insecure: true"
              + " (--insecure-listen) if a network policy guards it.");
    }
  }

  private void ports() {
    Settings.Observe observe = settings.observe();
    if (observe.enabled() && observe.port() != 0 && observe.port() == settings.listen().port()) {
      refuse(
          "observe.port",
          "" + observe.port(),
          "is where the verbs are (listen.port).",
          "Write another, such as 8881.");
    }
  }

  private void limits() {
    Settings.Limits limits = settings.limits();
    if (limits.allBodies().compareTo(limits.body()) < 0) {
      refuse(
          "limits.allBodies",
          limits.allBodies().toString(),
          "is less than limits.body (" + limits.body() + "), so that a long body never fits.",
          "Write " + limits.body() + " or more.");
    }
  }

  private void dra() {
    DraSettings dra = settings.dra();
    deviceClass("dra.wholeClass", dra.wholeClass());
    deviceClass("dra.migClass", dra.migClass());
    deviceClass("dra.shareClass", dra.shareClass());
    for (String driver : dra.otherDrivers().values()) {
      if (driver.equals("gpu.nvidia.com") || dra.gpuDrivers().contains(driver)) {
        refuse(
            "dra.otherDrivers",
            driver,
            "is a driver of GPUs"
                + (driver.equals("gpu.nvidia.com") ? "." : " by dra.gpuDrivers as well."),
            "Leave it out here, or in dra.gpuDrivers.");
      }
    }
  }

  private void deviceClass(String key, String value) {
    if (!OBJECT_NAME.matcher(value).matches()) {
      refuse(
          key,
          value,
          "is no name that a DeviceClass can have.",
          "Write small letters, digits, - and ., such as gpu.nvidia.com.");
    }
  }

  private void cost() {
    String currency = settings.cost().currency();
    boolean known =
        Currency.getAvailableCurrencies().stream()
            .anyMatch(each -> each.getCurrencyCode().equals(currency));
    if (!known) {
      refuse(
          "cost.currency",
          currency,
          "is not the code of a currency (ISO 4217).",
          "Write three capital letters, such as EUR or USD.");
    }
    List<String> models = GpuCatalog.builtIn().models().stream().map(GpuModel::name).toList();
    for (Map.Entry<String, Price> price : settings.cost().prices().entrySet()) {
      if (!models.contains(price.getKey())) {
        refuse(
            "cost.prices." + price.getKey(),
            price.getValue().toString(),
            "is the price of a GPU model that Kerf does not know.",
            model(price.getKey(), models));
      }
    }
  }

  private static String model(String name, List<String> models) {
    String nearest = Nearest.to(name, models);
    return nearest != null
        ? "Did you mean " + nearest + "?"
        : "docs/reference/hardware.md has the names of all models, such as " + models.get(0) + ".";
  }

  private void idle() {
    String prometheus = settings.idle().prometheus();
    if (settings.idle().enabled() && !isHttp(prometheus)) {
      refuse(
          "idle.prometheus",
          prometheus,
          "is no address of an HTTP server.",
          "Write it as http://prometheus.monitoring:9090.");
    }
  }

  private void stream() {
    StreamSettings stream = settings.stream();
    if (stream.source().isBlank() || !isUri(stream.source())) {
      refuse(
          "stream.source",
          stream.source(),
          "is no URI and no part of one.",
          "Write a path such as /kerf/berlin, without spaces.");
    }
    StreamSettings.Sink sink = stream.sink();
    if (sink.enabled() && !isHttp(sink.url())) {
      refuse(
          "stream.sink.url",
          sink.url(),
          "is no address of an HTTP server.",
          "Write it as http://kerf-bridge-service.kafka:8080.");
    }
    if (!TOPIC.matcher(sink.topic()).matches()) {
      refuse(
          "stream.sink.topic",
          sink.topic(),
          "is no name of a topic.",
          "Use at most 249 letters, digits, dots, underscores and hyphens.");
    }
  }

  private static boolean isUri(String text) {
    try {
      new URI(text);
      return true;
    } catch (URISyntaxException nonsense) {
      return false;
    }
  }

  private static boolean isHttp(String text) {
    try {
      URI uri = new URI(text);
      return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getHost() != null
          && uri.getUserInfo() == null;
    } catch (URISyntaxException nonsense) {
      return false;
    }
  }

  static boolean loopback(String host) {
    return LOOPBACK.matcher(host).matches();
  }

  private void refuse(String path, String value, String what, String hint) {
    problems.add(new SettingProblem(path, value, from.apply(path), what, hint));
  }
}
