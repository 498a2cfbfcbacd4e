// Everything works without this. It adds what GOV.UK Frontend adds: focus on the error summary,
// the Show button of passwords, and buttons that ignore a second click.
import { initAll } from "./govuk/govuk-frontend.min.js";

initAll();
