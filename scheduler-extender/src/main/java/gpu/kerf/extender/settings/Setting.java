package gpu.kerf.extender.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The documentation of one setting or one group of settings, as users read it. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Setting {

  /** What it does, in words for the example file and the documentation. */
  String value();

  /** The least that makes sense, written as in the file; empty if there is none. */
  String min() default "";

  /** The most that makes sense, written as in the file; empty if there is none. */
  String max() default "";

  /** Whether a change takes effect while the service runs. */
  boolean live() default false;
}
