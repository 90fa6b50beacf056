/** The commands of {@code kerf}: each reads its options and runs one part of the service. */
@NullMarked
package gpu.kerf.extender.command;

import org.jspecify.annotations.NullMarked;
