export { Accounts, type Account } from './accounts.js';
export { hashPassword } from './password-hash.js';
