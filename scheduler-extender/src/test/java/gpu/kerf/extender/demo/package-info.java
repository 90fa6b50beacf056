@NullMarked
package gpu.kerf.extender.demo;

import org.jspecify.annotations.NullMarked;
