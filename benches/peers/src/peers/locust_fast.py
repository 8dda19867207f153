from locust import FastHttpUser, task


class Root(FastHttpUser):
    @task
    def root(self):
        self.client.get("/")
