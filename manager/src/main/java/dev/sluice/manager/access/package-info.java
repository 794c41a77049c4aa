/**
 * Who may do what: users, their roles, tenants, tokens.
 *
 * <p>Purpose: turn what a request says of itself into somebody with rights, denied by default, and keep who there is. Place: above {@code objects}, whose
 * record of changes has every change here too; below {@code rest}. Threads: any. Specification: {@code docs/guides/manager.md}, "Who may do what"; requirement
 * C14. Start reading at {@link dev.sluice.manager.access.Accounts}.
 */
@NullMarked
package dev.sluice.manager.access;

import org.jspecify.annotations.NullMarked;
