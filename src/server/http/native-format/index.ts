export { RevisedAnswer, revisionMin } from './revised-answer.js';
