package gpu.kerf.extender.controlplane;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestWatcher;

/** Finds the programs once, starts a control plane for every class that takes one, and ends it. */
final class ControlPlaneExtension implements BeforeAllCallback, ParameterResolver, TestWatcher {
  private static final Namespace NAMESPACE = Namespace.create(ControlPlaneExtension.class);

  @Override
  public void beforeAll(ExtensionContext context) {
    programs(context).orSkip();
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == ControlPlane.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return ofClass(context)
        .getOrComputeIfAbsent(
            ControlPlane.class,
            type -> ControlPlane.start(programs(context).orSkip(), Options.defaults()),
            ControlPlane.class);
  }

  @Override
  public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
    System.err.printf(
        "%s failed; the logs of its clusters are in %s%n",
        context.getDisplayName(), Workplace.ofThisRun());
  }

  /** The same for all classes of a run. If no programs are found, that is reported once. */
  private static Programs programs(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(Programs.class, type -> findAndTell(), Programs.class);
  }

  private static Programs findAndTell() {
    Programs programs = Programs.find(System.getenv());
    if (programs instanceof Programs.Missing missing) {
      System.err.println("Tests of the tag cluster are skipped: " + missing.why());
    }
    return programs;
  }

  private static Store ofClass(ExtensionContext context) {
    return context.getRoot().getStore(Namespace.create(NAMESPACE, context.getRequiredTestClass()));
  }
}
