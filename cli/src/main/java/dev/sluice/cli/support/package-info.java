/**
 * Support bundles: what somebody else needs to find out why a node or a manager does what it does, in one file without secrets.
 *
 * <p>Purpose: collect, take secrets out, keep within bounds. Place: below the command {@code sluice support-bundle}. Threads: that of the command.
 * Specification: docs/guides/troubleshooting.md, support bundle. Start reading at {@link dev.sluice.cli.support.Bundle}.
 */
@NullMarked
package dev.sluice.cli.support;

import org.jspecify.annotations.NullMarked;
