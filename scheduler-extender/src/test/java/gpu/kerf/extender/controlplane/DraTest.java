package gpu.kerf.extender.controlplane;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests against a real node whose devices a DRA driver hands out. Skipped where its programs were
 * not built.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@NodeTest
@ExtendWith(DraNodeExtension.class)
public @interface DraTest {}
