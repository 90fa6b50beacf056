/** What {@code manifests/} ships, read and applied as a user would. */
@NullMarked
package gpu.kerf.extender.manifests;

import org.jspecify.annotations.NullMarked;
