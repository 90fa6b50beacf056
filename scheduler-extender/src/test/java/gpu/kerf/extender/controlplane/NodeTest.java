package gpu.kerf.extender.controlplane;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests against a real control plane with a real node: a kubelet and containerd that start
 * containers. Skipped on a machine where that cannot be.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ClusterTest
@ExtendWith(NodeExtension.class)
public @interface NodeTest {}
