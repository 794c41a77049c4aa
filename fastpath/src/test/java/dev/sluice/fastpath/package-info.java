/** Tests of the fast path; those tagged {@code system} use namespaces and the kernel's program. */
@NullMarked
package dev.sluice.fastpath;

import org.jspecify.annotations.NullMarked;
