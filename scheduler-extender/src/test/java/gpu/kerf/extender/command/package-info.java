@NullMarked
package gpu.kerf.extender.command;

import org.jspecify.annotations.NullMarked;
