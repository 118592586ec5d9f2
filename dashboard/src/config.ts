/** Where things are: said by config.json beside index.html when the page is loaded. Nothing in it is secret. */
type Config = {
  /** Of requests with an API key; by default the page's own origin. */
  api_url?: string;
  /** People sign in there (Cognito's hosted pages, or what speaks OAuth as they do); without it, by API key only. */
  sign_in?: {
    /** Its address: `https://headgate-prod-123456789012.auth.eu-central-1.amazoncognito.com`. */
    domain: string;
    client_id: string;
    /** Of requests with a token, where that is another. */
    api_url?: string;
  };
};

async function readConfig(): Promise<Config> {
  const answer = await fetch("./config.json");
  return answer.ok ? answer.json() : {};
}

const config = await readConfig();

export const signInAt = config.sign_in;
export const apiUrl = config.api_url || window.location.origin;
export const tokenApiUrl = signInAt?.api_url || apiUrl;
