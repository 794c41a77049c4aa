/**
 * Checks of the whole tree: arrows between modules, documentation, generated pages. They live here because {@code cli} stands on all modules
 * of the product; they run in the plain build and alone by {@code ./dev check}. Start reading at {@link dev.sluice.cli.house.Architecture}.
 */
@NullMarked
package dev.sluice.cli.house;

import org.jspecify.annotations.NullMarked;
