package gpu.kerf.extender.controlplane;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests against a real control plane. A test with a parameter of type {@link ControlPlane} shares
 * one with the class; {@link ControlPlane#start} makes another. Skipped on a machine that has no
 * way to run one; {@code -Dgroups=cluster} runs these alone, {@code -DexcludedGroups=cluster} all
 * others.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("cluster")
@ExtendWith(ControlPlaneExtension.class)
public @interface ClusterTest {}
